import { useMemo } from 'preact/hooks';
import type { Cell, ColumnView, LatestRows, TopicRows, Topics, TopicView } from '../../../src/server/api.ts';
import { setParameters, useAddress } from '../address.ts';
import { barChart } from '../bars.ts';
import { Chart } from '../chart.tsx';
import { useAnswer } from '../client.ts';
import { averageText, countText, dateTimeText, numberText } from '../format.ts';
import { maximaChart, type Maximum } from '../maxima.ts';
import { Content, Empty, Panel } from '../states.tsx';
import { Pager, SearchInput, usePaging } from '../pager.tsx';
import { useTimeRange, type TimeRange } from '../time-range.ts';
import { zonedTimes } from '../zoned-times.ts';
import { TimeRangePicker } from '../time-range-picker.tsx';

const MOST_MAXIMA = 5000;
/** Rows, and bars beside them. */
const CITIES_PER_PAGE = 100;
/** How long after the end of its window a maximum may be written. */
const LATEST_MS = 3_600_000;
const WINDOW_MS = 5000;

/** Running averages per city as a table and as bars, and the maxima over time. */
export function CitiesPage() {
  const range = useTimeRange();
  const topics = useAnswer<Topics>('/api/topics', range.version);
  return (
    <>
      <div class="toolbar">
        <h1>Cities</h1>
        <TimeRangePicker range={range} />
      </div>
      <Content answer={topics}>
        {({ topics: all }) => {
          const averages = all.find(({ name }) => name === 'output_avg');
          const maxima = all.find(({ name }) => name === 'output_max');
          if (averages === undefined && maxima === undefined) {
            return (
              <Empty title="No results yet">
                They come from the topics output_avg and output_max, which the cities pipeline writes.
              </Empty>
            );
          }
          return (
            <>
              {averages !== undefined && <Averages topic={averages} version={range.version} />}
              {maxima !== undefined && <Maxima topic={maxima} range={range} />}
            </>
          );
        }}
      </Content>
    </>
  );
}

function Averages({ topic, version }: { topic: TopicView; version: number }) {
  const latest = useAnswer<LatestRows>(`/api/topics/${encodeURIComponent(topic.name)}/latest?key=city`, version);
  return <Content answer={latest}>{(data) => <AveragePanels latest={data} />}</Content>;
}

function AveragePanels({ latest: { columns, rows, isLimited } }: { latest: LatestRows }) {
  const { parameters } = useAddress();
  const sort = Math.max(
    0,
    columns.findIndex(({ name }) => name === (parameters.sort ?? columns[1]?.name)),
  );
  const isDescending = parameters.order !== 'up';
  const sorted = useMemo(() => {
    const table = rows.flatMap(({ values }) => (values === null ? [] : [values]));
    return table.sort((a, b) => compareCells(a[sort], b[sort]) * (isDescending ? -1 : 1));
  }, [rows, sort, isDescending]);
  const paging = usePaging(sorted, ([city]) => String(city), CITIES_PER_PAGE);
  const { shown } = paging;
  return (
    <>
      <div class="columns">
        <Panel title="Average per city so far" actions={<SearchInput what="a city" />}>
          {shown.length === 0 ? (
            <Empty title={sorted.length === 0 ? 'No city yet' : 'No city of that name'} />
          ) : (
            <AverageTable columns={columns} rows={shown} sort={sort} isDescending={isDescending} />
          )}
        </Panel>
        <Panel title="The same as bars">
          {shown.length === 0 ? <Empty title="Nothing to compare" /> : <Bars rows={shown} />}
        </Panel>
      </div>
      <Pager {...paging} />
      {isLimited && <p class="note">There are more cities: the {countText(sorted.length)} with the latest readings are shown.</p>}
    </>
  );
}

function AverageTable({
  columns,
  rows,
  sort,
  isDescending,
}: {
  columns: readonly ColumnView[];
  rows: readonly (readonly Cell[])[];
  sort: number;
  isDescending: boolean;
}) {
  return (
    <div class="scroll">
      <table class="data" data-test="averages">
        <thead>
          <tr>
            {columns.map(({ name, role }, i) => (
              <th
                key={name}
                scope="col"
                class={role}
                aria-sort={i === sort ? (isDescending ? 'descending' : 'ascending') : undefined}
              >
                <button
                  type="button"
                  class="link"
                  onClick={() => setParameters({ sort: name, order: i === sort && isDescending ? 'up' : null, page: null })}
                >
                  {name.replaceAll('_', ' ')}
                  {i === sort ? (isDescending ? ' ↓' : ' ↑') : ''}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((values) => (
            <tr key={String(values[0])}>
              {values.map((value, i) => (
                <td key={i} class={columns[i].role}>
                  {cellText(value, columns[i])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Bars({ rows }: { rows: readonly (readonly Cell[])[] }) {
  const bars = rows.map(([city, average]) => ({ name: String(city), value: Number(average) }));
  const text = JSON.stringify(bars);
  const options = useMemo(() => barChart(bars), [text]);
  return (
    <div class="scroll">
      <Chart options={options} height={Math.max(120, bars.length * 20 + 40)} label="Average per city, as the table says" />
    </div>
  );
}

function Maxima({ topic, range }: { topic: TopicView; range: TimeRange }) {
  const { from, to, isLive } = range;
  const name = encodeURIComponent(topic.name);
  const times = `from=${Math.round(from)}${isLive ? '' : `&to=${Math.round(to + LATEST_MS)}`}`;
  const answer = useAnswer<TopicRows>(`/api/topics/${name}/rows?limit=${MOST_MAXIMA}&${times}`, range.version, topic.name);
  const count = useMemo(() => (answer.data === null ? 0 : maximaOf(answer.data, from, to).length), [answer.data, from, to]);
  return (
    <Panel
      title="Highest temperature of every five seconds"
      actions={
        <span class="quiet">
          {answer.data?.isLimited === true ? `the last ${countText(count)} maxima` : `${countText(count)} maxima`}
        </span>
      }
    >
      <Content answer={answer}>
        {(rows) =>
          count === 0 ? <Empty title="No maxima in this time range" /> : <MaximaChart rows={rows} from={from} to={to} />
        }
      </Content>
    </Panel>
  );
}

function MaximaChart({ rows, from, to }: { rows: TopicRows; from: number; to: number }) {
  // Drawn with new rows, not for the time that passes before they come.
  const options = useMemo(() => {
    const points = maximaOf(rows, from, to);
    return maximaChart(points, Math.max(from, points[0].time - WINDOW_MS), to, WINDOW_MS);
  }, [rows]);
  return (
    <Chart
      options={options}
      height={320}
      label="The highest temperature of every five seconds with its city"
      onSelect={zonedTimes(from, to).choose}
    />
  );
}

/** By time; those of windows that begin within the range. */
function maximaOf({ columns, rows }: TopicRows, from: number, to: number): Maximum[] {
  const time = columns.findIndex(({ name }) => name === 'window_start');
  if (time === -1) return [];
  const maxima = rows.flatMap(({ values }) => {
    if (values === null || typeof values[time] !== 'number' || typeof values[1] !== 'number') return [];
    return values[time] < from || values[time] >= to ? [] : [{ city: String(values[0]), value: values[1], time: values[time] }];
  });
  return maxima.sort((a, b) => a.time - b.time);
}

const ALPHABET = new Intl.Collator('en');

function compareCells(a: Cell, b: Cell): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return typeof a === 'number' && typeof b === 'number' ? a - b : ALPHABET.compare(String(a), String(b));
}

function cellText(value: Cell, column: ColumnView): string {
  if (value === null) return '–';
  if (typeof value === 'number' && column.role === 'time') return dateTimeText(value);
  if (typeof value === 'number') return column.type.startsWith('DOUBLE') ? averageText(value) : numberText(value);
  return String(value);
}
