import { useEffect, useRef, useState } from 'preact/hooks';
import type {
  ApiError,
  Cell,
  ColumnView,
  Info,
  SqlCheck,
  SqlColumns,
  SqlEnd,
  SqlProblem,
  SqlProgress,
  SqlRejection,
  SqlRows,
} from '../../../src/server/api.ts';
import { post, readEvents, ServerError } from '../client.ts';
import { Editor } from '../editor.tsx';
import { countText, timestampText } from '../format.ts';
import { Empty, Failure, Panel } from '../states.tsx';

const CHECK_AFTER_MS = 250;
const LIMIT = 10_000;
/** Rows on the page: the latest ones. */
const MOST_SHOWN = 500;
/** Of one value. */
const MOST_TEXT = 1000;

interface Result {
  readonly columns: readonly ColumnView[];
  readonly rows: readonly { readonly id: number; readonly kind: string; readonly values: readonly Cell[] }[];
  readonly count: number;
  readonly progress: SqlProgress | null;
  readonly end: string | null;
  readonly error: Error | null;
}

const NOTHING: Result = { columns: [], rows: [], count: 0, progress: null, end: null, error: null };

/** An editor with SQL, its mistakes marked while one types, and the rows of its SELECT below. */
export function SqlPage({ info }: { info: Info }) {
  const [loaded, load] = useState(() => ({ text: sessionStorage.getItem('isobar-sql') ?? info.examples[0]?.text ?? '' }));
  const [text, setText] = useState(loaded.text);
  const [check, setCheck] = useState<SqlCheck | null>(null);
  const [result, setResult] = useState<Result | null>(null);
  const running = useRef<AbortController | null>(null);
  const [isRunning, setRunning] = useState(false);
  useEffect(() => {
    sessionStorage.setItem('isobar-sql', text);
    const abort = new AbortController();
    const timer = setTimeout(() => {
      post('/api/sql/check', { text }, abort.signal)
        .then((response) => response.json() as Promise<SqlCheck>)
        .then(setCheck, () => {});
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  useEffect(() => () => running.current?.abort(), []);

  const stop = (): void => running.current?.abort();
  const run = async (): Promise<void> => {
    stop();
    const abort = new AbortController();
    running.current = abort;
    setRunning(true);
    setResult(NOTHING);
    try {
      await runQuery(text, abort.signal, (change) => running.current === abort && setResult((last) => change(last ?? NOTHING)));
    } finally {
      if (running.current === abort) {
        running.current = null;
        setRunning(false);
      }
    }
  };
  const problems = check?.problems ?? [];
  return (
    <>
      <div class="toolbar">
        <h1>SQL</h1>
        <select
          aria-label="Example"
          value=""
          onChange={(event) => {
            const example = info.examples[Number(event.currentTarget.value)];
            if (example !== undefined) load({ text: example.text });
            event.currentTarget.value = '';
          }}
        >
          <option value="">Examples…</option>
          {info.examples.map(({ title }, i) => (
            <option key={i} value={String(i)}>
              {title}
            </option>
          ))}
        </select>
        {isRunning ? (
          <button type="button" class="button" onClick={stop}>
            ■ Stop
          </button>
        ) : (
          <button
            type="button"
            class="button primary"
            disabled={check?.canRun !== true}
            onClick={() => void run()}
            title="Ctrl-Enter"
          >
            ▶ Run
          </button>
        )}
      </div>
      <Panel title="Query" actions={<CheckText check={check} />}>
        <Editor loaded={loaded} problems={problems} onChange={setText} onRun={() => void run()} />
        <ProblemList problems={problems} />
      </Panel>
      {result === null ? (
        check?.plan != null && (
          <Panel title="Plan">
            <pre class="scroll">{check.plan}</pre>
          </Panel>
        )
      ) : (
        <Rows result={result} isRunning={isRunning} />
      )}
    </>
  );
}

function CheckText({ check }: { check: SqlCheck | null }) {
  if (check === null) return <span class="quiet">checking …</span>;
  const { length } = check.problems;
  if (length > 0) return <span class="bad">{length === 1 ? '1 mistake' : `${length} mistakes`}</span>;
  return <span class="good">no mistakes</span>;
}

function ProblemList({ problems }: { problems: readonly SqlProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <ul class="mistakes" data-test="mistakes">
      {problems.map(({ code, message, hint, place }, i) => (
        <li key={i}>
          <code>{place === null ? '' : `${place.line}:${place.column} `}</code>
          {message} <small class="quiet">{code}</small>
          {hint !== null && <p class="quiet">{hint}</p>}
        </li>
      ))}
    </ul>
  );
}

function Rows({ result, isRunning }: { result: Result; isRunning: boolean }) {
  const { columns, rows, count, progress, end, error } = result;
  const state = isRunning ? 'running' : (end ?? 'stopped');
  return (
    <Panel
      title="Rows"
      actions={
        <span class="quiet" role="status">
          {countText(count)} {count === 1 ? 'row' : 'rows'}
          {progress === null ? '' : ` of ${countText(progress.recordsIn)} records`}, {state}
          {count > rows.length ? `; the last ${countText(rows.length)} are shown` : ''}
        </span>
      }
    >
      {error !== null && <Failure error={error} />}
      {rows.length === 0 ? (
        error === null && <Empty title={isRunning ? 'Waiting for the first row' : 'No rows'} />
      ) : (
        <div class="scroll tall">
          <table class="data changelog" data-test="rows">
            <thead>
              <tr>
                <th scope="col">op</th>
                {columns.map(({ name, type, role }) => (
                  <th key={name} scope="col" class={role} title={type}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ id, kind, values }) => (
                <tr key={id} class={kind === '-U' || kind === '-D' ? 'taken-back' : ''}>
                  <td>
                    <code>{kind}</code>
                  </td>
                  {values.map((value, i) => (
                    <td key={i} class={columns[i]?.role}>
                      {value === null ? <span class="quiet">NULL</span> : cellText(value, columns[i])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function cellText(value: Cell, column: ColumnView | undefined): string {
  if (column?.role === 'time' && typeof value === 'number') return timestampText(value);
  const text = String(value);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

/** Runs the query and tells what comes of it, until its end or until the signal. */
async function runQuery(text: string, signal: AbortSignal, tell: (change: (last: Result) => Result) => void): Promise<void> {
  let nextId = 0;
  try {
    const response = await post('/api/sql/run', { text, limit: LIMIT }, signal);
    for await (const { event, data } of readEvents(response)) {
      if (event === 'columns') tell((last) => ({ ...last, columns: (data as SqlColumns).columns }));
      if (event === 'progress') tell((last) => ({ ...last, progress: data as SqlProgress }));
      if (event === 'rows') {
        const rows = (data as SqlRows).rows.map((row) => ({ id: nextId++, ...row })).toReversed();
        tell((last) => ({ ...last, rows: [...rows, ...last.rows].slice(0, MOST_SHOWN), count: last.count + rows.length }));
      }
      if (event === 'end') {
        const { reason } = data as SqlEnd;
        tell((last) => ({
          ...last,
          progress: data as SqlEnd,
          end: reason === 'limit' ? `stopped after ${countText(LIMIT)} rows` : 'finished',
        }));
      }
      if (event === 'error') {
        const { code, message, hint } = (data as ApiError).error;
        tell((last) => ({ ...last, error: new ServerError(code, message, hint), end: 'failed' }));
      }
    }
  } catch (error) {
    if (signal.aborted) return;
    const rejection = error instanceof ServerError ? (error.body as Partial<SqlRejection> | null) : null;
    const first = rejection?.problems?.[0];
    const shown = first === undefined ? (error as Error) : new ServerError(first.code, first.message, first.hint);
    tell((last) => ({ ...last, error: shown, end: 'failed' }));
  }
}
