import { useMemo } from 'preact/hooks';
import type { JobDetail, JobStatusView, OperatorStatus } from '../../../src/server/api.ts';
import { addressOf, setParameters, useAddress } from '../address.ts';
import { Chart } from '../chart.tsx';
import { useAnswer } from '../client.ts';
import { bytesText, countText, dateTimeText, durationText, percentText, rateText } from '../format.ts';
import { JobGraph } from '../job-graph.tsx';
import { lineChart } from '../lines.ts';
import { leftOutOf } from '../left-out.ts';
import { status } from '../live.ts';
import { OperatorPanel } from '../operator-panel.tsx';
import { Content, Empty, Loading, Panel } from '../states.tsx';
import { useStore } from '../store.ts';

/** Every job: its figures, its graph, and what a chosen operator does. */
export function PipelinesPage() {
  const { parameters } = useAddress();
  const current = useStore(status);
  if (current === null) return <Loading lines={6} />;
  const { jobs } = current;
  if (jobs.length === 0)
    return <Empty title="No pipeline runs">Start one with isobar dev FILE or isobar run FILE --dashboard.</Empty>;
  const job = parameters.job === undefined ? jobs[0] : jobs.find(({ name }) => name === parameters.job);
  return (
    <>
      <div class="toolbar">
        <h1>Pipelines</h1>
        {(jobs.length > 1 || job === undefined) && (
          <div class="button-group" role="group" aria-label="Pipeline">
            {jobs.map(({ name, state }) => (
              <a
                key={name}
                class="button"
                aria-current={name === job?.name ? 'true' : undefined}
                href={addressOf('pipelines', { job: name })}
              >
                <i class={`dot ${state}`} aria-hidden="true" /> {name}
                {state !== 'running' && <small>{state}</small>}
              </a>
            ))}
          </div>
        )}
      </div>
      {job === undefined ? <Empty title={`There is no pipeline ${parameters.job}`} /> : <Job key={job.name} job={job} />}
    </>
  );
}

function Job({ job }: { job: JobStatusView }) {
  const { parameters } = useAddress();
  const detail = useAnswer<JobDetail>(`/api/jobs/${encodeURIComponent(job.name)}`, job.startedAt);
  const operators = useMemo(
    () => new Map<number, OperatorStatus>(job.operators.map((operator) => [operator.id, operator])),
    [job.operators],
  );
  const chosen = parameters.operator === undefined ? null : Number(parameters.operator);
  return (
    <>
      {job.failure !== null && (
        <div class="failure" role="alert">
          <strong>The pipeline has failed</strong>
          <pre>{job.failure}</pre>
        </div>
      )}
      <Figures job={job} />
      <Panel title="From sources to sinks" actions={<span class="quiet">choose an operator for its SQL, plan and counters</span>}>
        <Content answer={detail}>
          {(data) => (
            <div class="graph-and-panel">
              <JobGraph
                operators={data.operators}
                status={operators}
                chosen={chosen}
                choose={(id) => setParameters({ job: job.name, operator: id === chosen ? null : String(id) })}
              />
              {data.operators
                .filter(({ id }) => id === chosen)
                .map((operator) => (
                  <OperatorPanel
                    key={operator.id}
                    operator={operator}
                    status={operators.get(operator.id)}
                    close={() => setParameters({ operator: null, tab: null })}
                  />
                ))}
            </div>
          )}
        </Content>
      </Panel>
      <div class="columns">
        <History job={job} />
        <Checkpoints job={job} />
      </div>
    </>
  );
}

function Figures({ job }: { job: JobStatusView }) {
  const { time } = job;
  return (
    <dl class="figures">
      <Figure name="State" value={job.state} hint={`since ${dateTimeText(job.startedAt)}`} />
      <Figure name="In" value={rateText(job.recordsInPerSecond)} hint={`${countText(job.recordsIn)} records`} />
      <Figure name="Out" value={rateText(job.rowsOutPerSecond)} hint={`${countText(job.rowsOut)} rows`} />
      <Figure
        name="Watermark"
        value={job.isAtEnd ? 'end of input' : job.watermarkLagMs === null ? 'none yet' : durationText(job.watermarkLagMs)}
        hint={job.watermark === null ? 'no event time so far' : 'behind the clock'}
        title={dateTimeText(job.watermark)}
      />
      <Figure name="Waiting to be read" value={job.sourceLag === null ? '–' : countText(job.sourceLag)} hint="records" />
      <Figure name="State size" value={bytesText(job.stateBytes)} hint={`${countText(job.stateEntries)} entries`} />
      <Figure
        name="Back-pressure"
        value={percentText(time.backPressured)}
        hint={`busy ${percentText(time.busy)}, idle ${percentText(time.idle)}`}
      />
      <Figure
        name="Left out"
        value={countText(leftOutOf(job))}
        hint={`${countText(job.malformed)} malformed, ${countText(job.late)} late, ${countText(job.rejected)} rejected`}
        href={addressOf('problems', { job: job.name })}
      />
    </dl>
  );
}

function Figure({
  name,
  value,
  hint,
  href,
  title,
}: {
  name: string;
  value: string;
  hint: string;
  href?: string;
  title?: string;
}) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{href === undefined ? value : <a href={href}>{value}</a>}</dd>
      <small>{hint}</small>
    </div>
  );
}

function History({ job }: { job: JobStatusView }) {
  const { history } = job;
  const options = useMemo(
    () =>
      lineChart(
        history.map(({ at }) => at),
        [
          { name: 'records in per second', values: history.map(({ recordsInPerSecond }) => recordsInPerSecond) },
          { name: 'rows out per second', values: history.map(({ rowsOutPerSecond }) => rowsOutPerSecond) },
        ],
        history[0]?.at ?? 0,
        history.at(-1)?.at ?? 1,
      ),
    [history],
  );
  return (
    <Panel title="The last five minutes">
      {history.length < 2 ? (
        <Empty title="Just started" />
      ) : (
        <Chart options={options} height={200} label="Records per second over the last five minutes" />
      )}
    </Panel>
  );
}

function Checkpoints({ job }: { job: JobStatusView }) {
  const { checkpoints } = job;
  return (
    <Panel title="Checkpoints" actions={<span class="quiet">{countText(checkpoints.count)} since the start</span>}>
      {checkpoints.history.length === 0 ? (
        <Empty title="None yet">
          {checkpoints.isPeriodic
            ? undefined
            : "This pipeline takes one when it stops; SET 'execution.checkpointing.interval' for more."}
        </Empty>
      ) : (
        <div class="scroll short">
          <table class="data">
            <thead>
              <tr>
                <th scope="col">Taken</th>
                <th scope="col" class="number">
                  Duration
                </th>
                <th scope="col" class="number">
                  Size
                </th>
              </tr>
            </thead>
            <tbody>
              {checkpoints.history.toReversed().map(({ at, durationMs, bytes }) => (
                <tr key={at}>
                  <td>{dateTimeText(at)}</td>
                  <td class="number">{durationText(durationMs)}</td>
                  <td class="number">{bytesText(bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
