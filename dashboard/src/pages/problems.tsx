import { useState } from 'preact/hooks';
import type { Problems, ProblemView } from '../../../src/server/api.ts';
import { setParameters, useAddress } from '../address.ts';
import { useAnswer } from '../client.ts';
import { countText, dateTimeText } from '../format.ts';
import { leftOutOf } from '../left-out.ts';
import { status } from '../live.ts';
import { Content, Empty, Panel } from '../states.tsx';
import { useStore } from '../store.ts';

const KINDS = ['malformed', 'late', 'rejected'] as const;
const LIMIT = 500;
const HINTS: Readonly<Record<(typeof KINDS)[number], string>> = {
  malformed: 'Malformed are messages that the format of the table cannot read.',
  late: 'Late are rows that came after the windows of their time had closed.',
  rejected:
    'Rejected are rows that the pipeline’s own SQL writes into a table whose name says so: error, malformed, invalid, reject or dead letter.',
};

/** What was left out, why, and the message itself: always as text. */
export function ProblemsPage() {
  const { parameters } = useAddress();
  const jobs = useStore(status)?.jobs ?? [];
  const [isPaused, setPaused] = useState(false);
  const total = jobs.reduce((sum, job) => sum + leftOutOf(job), 0);
  const [frozen, setFrozen] = useState(total);
  const job = parameters.job === undefined ? '' : `&job=${encodeURIComponent(parameters.job)}`;
  const kind = KINDS.find((each) => each === parameters.kind);
  const path = `/api/problems?limit=${LIMIT}${job}${kind === undefined ? '' : `&kind=${kind}`}`;
  const answer = useAnswer<Problems>(path, isPaused ? frozen : total);
  return (
    <>
      <div class="toolbar">
        <h1>Problems</h1>
        <div class="button-group" role="group" aria-label="Kind">
          {[undefined, ...KINDS].map((each) => (
            <button
              key={each ?? 'all'}
              type="button"
              class="button"
              aria-pressed={kind === each}
              onClick={() => setParameters({ kind: each ?? null })}
            >
              {each ?? 'all'}
            </button>
          ))}
        </div>
        {jobs.length > 1 && (
          <select
            aria-label="Pipeline"
            value={parameters.job ?? ''}
            onChange={(event) => setParameters({ job: event.currentTarget.value || null })}
          >
            <option value="">all pipelines</option>
            {jobs.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        <button
          type="button"
          class="button"
          aria-pressed={isPaused}
          onClick={() => {
            setFrozen(total);
            setPaused(!isPaused);
          }}
        >
          {isPaused ? 'Go on' : 'Pause'}
        </button>
      </div>
      <Content answer={answer}>
        {({ problems, malformed, late, rejected, keptPerJob }) => {
          const counts = { malformed, late, rejected };
          const count = kind === undefined ? malformed + late + rejected : counts[kind];
          return (
            <>
              <dl class="figures">
                <Figure name="malformed" value={malformed} hint="could not be decoded" />
                <Figure name="late" value={late} hint="came after their window had closed" />
                <Figure name="rejected" value={rejected} hint="rows of a table of the pipeline named like input_errors" />
              </dl>
              <Panel
                title="Messages left out"
                actions={
                  count > 0 && (
                    <span class="quiet">
                      {problems.length > count
                        ? `the latest ${countText(problems.length)}, also from before this run`
                        : `the latest ${countText(problems.length)} of ${countText(count)}`}
                      ; {countText(keptPerJob)} of each pipeline are kept
                    </span>
                  )
                }
              >
                {problems.length > 0 ? (
                  <ProblemTable problems={problems} />
                ) : count > 0 ? (
                  <Empty title="They are no longer kept">Later ones have taken their place.</Empty>
                ) : (
                  <Empty title="Nothing was left out">{kind === undefined ? undefined : HINTS[kind]}</Empty>
                )}
              </Panel>
            </>
          );
        }}
      </Content>
    </>
  );
}

function Figure({ name, value, hint }: { name: string; value: number; hint: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-test={`count-${name}`}>{countText(value)}</dd>
      <small>{hint}</small>
    </div>
  );
}

function ProblemTable({ problems }: { problems: readonly ProblemView[] }) {
  return (
    <div class="scroll tall">
      <table class="data problems" data-test="problems">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Kind</th>
            <th scope="col">Why</th>
            <th scope="col">Where</th>
            <th scope="col">Message</th>
          </tr>
        </thead>
        <tbody>
          {problems.map((problem) => (
            <tr key={`${problem.job} ${problem.kind} ${problem.table} ${problem.id}`}>
              <td class="time">{dateTimeText(problem.at)}</td>
              <td>
                <span class={`tag ${problem.kind}`}>{problem.kind}</span>
              </td>
              <td>
                {problem.reason}
                {problem.field !== null && (
                  <>
                    {' '}
                    in <code>{problem.field}</code>
                  </>
                )}
                {problem.found !== null && (
                  <>
                    , found <code>{problem.found}</code>
                  </>
                )}
                {problem.also.map((other) => (
                  <div key={other}>{other}</div>
                ))}
              </td>
              <td class="where">{placeOf(problem)}</td>
              <td>
                <pre>{contentOf(problem)}</pre>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function placeOf({ job, table, topic, partition, offset, file, line }: ProblemView): string {
  const place =
    topic !== null
      ? `topic ${topic}, partition ${partition ?? '?'}, offset ${offset ?? '?'}`
      : file !== null
        ? `${file}, line ${line ?? '?'}`
        : `table ${table}`;
  return `${job}: ${place}`;
}

function contentOf({ message, messageBase64, row }: ProblemView): string {
  if (message !== null) return message;
  if (row !== null) return row.map(({ name, value }) => `${name.replace(/^\$/, '')}: ${value ?? 'NULL'}`).join('\n');
  return messageBase64 === null ? 'no value' : `bytes that are no UTF-8, in Base64: ${messageBase64}`;
}
