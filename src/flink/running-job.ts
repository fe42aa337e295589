import { ProblemsError } from '../base/problem.ts';
import type { SourceText } from '../base/place.ts';
import { compile } from '../compile/compile.ts';
import { hasEnded, type ClusterClient, type JobOverview } from './cluster-client.ts';

/**
 * The job of this file that has been submitted before and has not ended, if there is one. Flink knows files no more, so it is
 * found by its name: `pipeline.name` of the settings, or else of the file. Fails with a ProblemsError where neither says it.
 */
export async function runningJob(
  cluster: ClusterClient,
  source: SourceText,
  settings: ReadonlyMap<string, string>,
): Promise<JobOverview | undefined> {
  const name = settings.get('pipeline.name') ?? nameInFile(source);
  if (name === undefined) {
    const message = '--unless-running needs the name of the job';
    throw new ProblemsError([{ code: 'FLINK_JOB_NAME', message, hint: "Give --name, or SET 'pipeline.name' in the file." }]);
  }
  return (await cluster.jobs()).find((job) => job.name === name && !hasEnded(job.state));
}

/** A file that only Flink understands has to be named on the command line. */
function nameInFile(source: SourceText): string | undefined {
  try {
    return compile(source, { local: true }).settings.get('pipeline.name');
  } catch (error) {
    if (error instanceof ProblemsError) return undefined;
    throw error;
  }
}
