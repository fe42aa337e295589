import { useMemo } from 'preact/hooks';
import type { Cell, ColumnView, LatestRows, TopicRows, Topics, TopicView } from '../../../src/server/api.ts';
import { setParameters, useAddress } from '../address.ts';
import { barChart } from '../bars.ts';
import { Chart } from '../chart.tsx';
import { useAnswer } from '../client.ts';
import { countText, dateTimeText, numberText } from '../format.ts';
import { maximaChart } from '../maxima.ts';
import { Content, Empty, Panel } from '../states.tsx';
import { TimeRangePicker, useTimeRange } from '../time-range.tsx';

const MOST_MAXIMA = 5000;

/** Running averages per city as a table and as bars, and the maxima over time. */
export function CitiesPage() {
  const range = useTimeRange();
  const topics = useAnswer<Topics>('/api/topics', range.version);
  return (
    <>
      <div class="toolbar">
        <h1>Cities</h1>
        <TimeRangePicker range={range} refresh={range.refresh} />
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
              {maxima !== undefined && <Maxima topic={maxima} from={range.from} to={range.to} version={range.version} />}
            </>
          );
        }}
      </Content>
    </>
  );
}

function Averages({ topic, version }: { topic: TopicView; version: number }) {
  const { parameters } = useAddress();
  const latest = useAnswer<LatestRows>(`/api/topics/${encodeURIComponent(topic.name)}/latest?key=city`, version);
  return (
    <Content answer={latest}>
      {({ columns, rows }) => {
        const table = rows.flatMap(({ values }) => (values === null ? [] : [values]));
        const sort = Math.max(
          0,
          columns.findIndex(({ name }) => name === (parameters.sort ?? columns[1]?.name)),
        );
        const isDescending = parameters.order !== 'up';
        const search = (parameters.search ?? '').toLowerCase();
        const sorted = table
          .filter(([city]) => String(city).toLowerCase().includes(search))
          .toSorted((a, b) => compareCells(a[sort], b[sort]) * (isDescending ? -1 : 1));
        return (
          <div class="columns">
            <Panel
              title="Average per city so far"
              actions={
                <input
                  type="search"
                  placeholder="Find a city"
                  aria-label="Find a city"
                  value={parameters.search ?? ''}
                  onInput={(event) => setParameters({ search: event.currentTarget.value || null }, true)}
                />
              }
            >
              {sorted.length === 0 ? (
                <Empty title={table.length === 0 ? 'No city yet' : 'No city of that name'} />
              ) : (
                <AverageTable columns={columns} rows={sorted} sort={sort} isDescending={isDescending} />
              )}
            </Panel>
            <Panel title="The same as bars">
              <Bars rows={sorted} />
            </Panel>
          </div>
        );
      }}
    </Content>
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
                  onClick={() => setParameters({ sort: name, order: i === sort && isDescending ? 'up' : null }, true)}
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
      <Chart options={options} height={Math.max(120, bars.length * 20 + 40)} label="Average per city" />
    </div>
  );
}

function Maxima({ topic, from, to, version }: { topic: TopicView; from: number; to: number; version: number }) {
  const answer = useAnswer<TopicRows>(
    `/api/topics/${encodeURIComponent(topic.name)}/rows?limit=${MOST_MAXIMA}&from=${Math.round(from)}`,
    version,
  );
  const rows = answer.data;
  const points = useMemo(() => {
    if (rows === null) return [];
    const time = rows.columns.findIndex(({ name }) => name === 'window_start');
    return rows.rows.flatMap(({ values }) => {
      if (values === null || time === -1 || typeof values[time] !== 'number' || typeof values[1] !== 'number') return [];
      return values[time] >= to ? [] : [{ city: String(values[0]), value: values[1], time: values[time] }];
    });
  }, [rows, to]);
  const options = useMemo(() => maximaChart(points), [points]);
  return (
    <Panel
      title="Highest temperature of every five seconds"
      actions={<span class="quiet">{countText(points.length)} maxima</span>}
    >
      <Content answer={answer}>
        {() =>
          points.length === 0 ? (
            <Empty title="No maxima in this time range" />
          ) : (
            <Chart options={options} height={320} label="The highest temperature of every five seconds with its city" />
          )
        }
      </Content>
    </Panel>
  );
}

function compareCells(a: Cell, b: Cell): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en');
}

function cellText(value: Cell, column: ColumnView): string {
  if (value === null) return '–';
  if (typeof value === 'number') return column.role === 'time' ? dateTimeText(value) : numberText(value);
  return String(value);
}
