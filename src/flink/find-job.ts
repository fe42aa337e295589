import { ProblemsError } from '../base/problem.ts';
import { nearest } from '../base/nearest.ts';
import { hasEnded, type JobOverview } from './cluster-client.ts';

/** The one job, not ended yet, that `word` means: its id, the beginning of its id, or its name. Fails with a ProblemsError. */
export function findJob(jobs: readonly JobOverview[], word: string): JobOverview {
  const live = jobs.filter(({ state }) => !hasEnded(state));
  const wanted = word.toLowerCase();
  const byName = live.filter(({ name }) => name === word);
  const found = byName.length > 0 ? byName : live.filter(({ id }) => id.startsWith(wanted) && wanted !== '');
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    const hint = `Name one by its id: ${found.map(({ id }) => id).join(', ')}.`;
    throw new ProblemsError([{ code: 'FLINK_JOB_AMBIGUOUS', message: `${found.length} jobs are called "${word}"`, hint }]);
  }
  const ended = jobs.find(({ id, name }) => id === wanted || name === word);
  if (ended !== undefined) {
    const message = `job "${word}" has ended already, its state is ${ended.state}`;
    throw new ProblemsError([{ code: 'FLINK_JOB_ENDED', message }]);
  }
  const near = nearest(
    word,
    live.map(({ name }) => name),
  );
  const hint = near === undefined ? 'See isobar jobs.' : `Did you mean "${near}"?`;
  throw new ProblemsError([{ code: 'FLINK_JOB_NOT_FOUND', message: `there is no job "${word}"`, hint }]);
}
