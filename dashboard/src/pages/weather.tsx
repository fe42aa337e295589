import { useMemo } from 'preact/hooks';
import type { Aggregation, IndexField, Indexes, IndexView } from '../../../src/server/api.ts';
import { setParameters, useAddress } from '../address.ts';
import { Chart } from '../chart.tsx';
import { useAnswer } from '../client.ts';
import { countText, numberText } from '../format.ts';
import { gaugeChart, gaugeHeight, rangesOf } from '../gauges.ts';
import { lineChart } from '../lines.ts';
import { Content, Empty, Panel } from '../states.tsx';
import { TimeRangePicker, useTimeRange, type TimeRange } from '../time-range.tsx';

/** Gauges on a page: more would be too small to read. */
const GROUPS_PER_PAGE = 24;
/** Values above this would not be told apart: their lines are left out. */
const MOST_FIELDS = 4;

/** An index as gauges and lines: one gauge per device, of its average over the time range, and the same over time. */
export function WeatherPage() {
  const range = useTimeRange();
  const { parameters } = useAddress();
  const indexes = useAnswer<Indexes>('/api/indexes', range.version);
  return (
    <>
      <div class="toolbar">
        <h1>Weather Dashboard</h1>
        {indexes.data !== null && indexes.data.indexes.length > 1 && (
          <select
            aria-label="Index"
            value={parameters.index ?? ''}
            onChange={(event) => setParameters({ index: event.currentTarget.value })}
          >
            {indexes.data.indexes.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
        <TimeRangePicker range={range} refresh={range.refresh} />
      </div>
      <Content answer={indexes}>
        {({ indexes: all }) => {
          const index = all.find(({ name }) => name === (parameters.index ?? 'weather_data_1')) ?? all[0];
          if (index === undefined) {
            return (
              <Empty title="No index yet">
                It is made when a pipeline writes its first document: with the weather pipeline, once the first minute has passed.
              </Empty>
            );
          }
          return <IndexDashboard index={index} range={range} />;
        }}
      </Content>
    </>
  );
}

function IndexDashboard({ index, range }: { index: IndexView; range: TimeRange & { version: number } }) {
  const { parameters } = useAddress();
  const numbers = index.fields.filter((field) => field.type === 'number').slice(0, MOST_FIELDS);
  const by = index.defaultBy;
  const search = parameters.search ?? '';
  const page = Math.max(0, (Number(parameters.page) || 1) - 1);
  const common = new URLSearchParams({ fields: numbers.map(({ name }) => name).join(',') });
  if (by !== null) common.set('by', by);
  if (index.defaultTimeField !== null) {
    common.set('timeField', index.defaultTimeField);
    common.set('from', String(range.from));
    common.set('to', String(range.to));
  }
  const address = `/api/indexes/${encodeURIComponent(index.name)}/aggregate`;
  const totals = useAnswer<Aggregation>(numbers.length === 0 ? null : `${address}?${common.toString()}`, range.version);
  const found = useMemo(
    () => (totals.data?.groups ?? []).filter(({ key }) => key.toLowerCase().includes(search.toLowerCase())),
    [totals.data, search],
  );
  const shown = useMemo(() => found.slice(page * GROUPS_PER_PAGE, (page + 1) * GROUPS_PER_PAGE), [found, page]);
  const keys = shown.map(({ key }) => encodeURIComponent(key)).join(',');
  const overTime =
    index.defaultTimeField === null || shown.length === 0 || by === null
      ? null
      : `${address}?${common.toString()}&interval=auto&keys=${encodeURIComponent(keys)}`;
  const series = useAnswer<Aggregation>(overTime, range.version);
  if (numbers.length === 0) return <Empty title={`Index ${index.name} has no numbers to show`} />;
  return (
    <Content answer={totals}>
      {({ groups, documents }) => (
        <>
          {index.isTruncated && (
            <p class="note">The index is larger than the memory given to it: its oldest documents are left out.</p>
          )}
          {groups.length > GROUPS_PER_PAGE && (
            <Groups count={groups.length} found={found.length} page={page} search={search} by={by ?? ''} />
          )}
          {groups.length === 0 ? (
            <Empty title="No documents in this time range">
              {index.documents === 0
                ? 'The index is empty.'
                : `The index has ${countText(index.documents)} of other times: choose a longer range.`}
            </Empty>
          ) : (
            <>
              {numbers.map((field, i) => (
                <Gauges
                  key={field.name}
                  field={field}
                  values={shown.map(({ key, values }) => ({ key, value: values[i].average }))}
                  label={range.label}
                />
              ))}
              {numbers.map((field, i) => (
                <OverTime key={field.name} field={field} index={i} aggregation={series.data} />
              ))}
              <p class="note">
                {countText(documents)} documents of index {index.name}
              </p>
            </>
          )}
        </>
      )}
    </Content>
  );
}

function Gauges({
  field,
  values,
  label,
}: {
  field: IndexField;
  values: readonly { key: string; value: number | null }[];
  label: string;
}) {
  const ranges = rangesOf(field);
  const text = values.map(({ key, value }) => `${key} ${value}`).join();
  const options = useMemo(() => gaugeChart(values, ranges), [text]);
  return (
    <Panel title={`Average ${titleOf(field.name)}`} actions={<span class="quiet">{label}</span>}>
      <Chart options={options} height={gaugeHeight(values.length)} label={`Gauges of ${field.name}`} />
      <table class="visually-hidden" data-test={`gauges-${field.name}`}>
        <caption>Average {titleOf(field.name)}</caption>
        <tbody>
          {values.map(({ key, value }) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              <td data-value={value ?? ''}>{numberText(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function OverTime({ field, index, aggregation }: { field: IndexField; index: number; aggregation: Aggregation | null }) {
  const options = useMemo(
    () =>
      lineChart(
        aggregation?.buckets ?? [],
        (aggregation?.groups ?? []).map(({ key }, g) => ({ name: key, values: aggregation!.series[g][index] })),
      ),
    [aggregation, index],
  );
  return (
    <Panel title={capitalised(`${titleOf(field.name)} over time`)}>
      <Chart options={options} height={280} label={`${field.name} over time, a line per device`} />
    </Panel>
  );
}

function Groups({ count, found, page, search, by }: { count: number; found: number; page: number; search: string; by: string }) {
  const pages = Math.max(1, Math.ceil(found / GROUPS_PER_PAGE));
  return (
    <div class="pager">
      <input
        type="search"
        placeholder={`Find ${by}`}
        aria-label={`Find ${by}`}
        value={search}
        onInput={(event) => setParameters({ search: event.currentTarget.value || null, page: null }, true)}
      />
      <span class="quiet">{found === count ? `${countText(count)} in all` : `${countText(found)} of ${countText(count)}`}</span>
      <button type="button" class="button" disabled={page === 0} onClick={() => setParameters({ page: String(page) })}>
        ‹ Back
      </button>
      <span>
        Page {page + 1} of {pages}
      </span>
      <button type="button" class="button" disabled={page + 1 >= pages} onClick={() => setParameters({ page: String(page + 2) })}>
        Next ›
      </button>
    </div>
  );
}

const TITLES: Readonly<Record<string, string>> = { avg_temp: 'temperature', avg_hum: 'humidity' };
const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const titleOf = (field: string): string => TITLES[field] ?? field.replaceAll('_', ' ');
