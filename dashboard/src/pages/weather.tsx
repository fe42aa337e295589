import { useMemo } from 'preact/hooks';
import type { Aggregation, IndexField, Indexes, IndexView } from '../../../src/server/api.ts';
import { setParameters, useAddress } from '../address.ts';
import { Chart } from '../chart.tsx';
import { useAnswer, type Answer } from '../client.ts';
import { averageText, countText } from '../format.ts';
import { gaugeChart, gaugeHeight, rangesOf } from '../gauges.ts';
import { lineChart } from '../lines.ts';
import { Pager, SearchInput, usePaging } from '../pager.tsx';
import { Content, Empty, Loading, Panel } from '../states.tsx';

import { useTimeRange, type TimeRange } from '../time-range.ts';
import { zonedTimes } from '../zoned-times.ts';
import { TimeRangePicker } from '../time-range-picker.tsx';

/** Gauges on a page: more would be too small to read. */
const GROUPS_PER_PAGE = 24;
/** Values above this would not be told apart: their lines are left out. */
const MOST_FIELDS = 4;
const DEFAULT_INDEX = 'weather_data_1';

/** An index as gauges and lines: one gauge per device, of its average over the time range, and the same over time. */
export function WeatherPage() {
  const range = useTimeRange();
  const { parameters } = useAddress();
  const indexes = useAnswer<Indexes>('/api/indexes', range.version);
  const all = indexes.data?.indexes ?? [];
  const index =
    parameters.index === undefined
      ? (all.find(({ name }) => name === DEFAULT_INDEX) ?? all[0])
      : all.find(({ name }) => name === parameters.index);
  return (
    <>
      <div class="toolbar">
        <h1>Weather Dashboard</h1>
        {(all.length > 1 || (all.length > 0 && index === undefined)) && (
          <select
            aria-label="Index"
            value={index?.name ?? ''}
            onChange={(event) => setParameters({ index: event.currentTarget.value, search: null, page: null })}
          >
            {index === undefined && <option value="">Choose an index</option>}
            {all.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
        <TimeRangePicker range={range} />
      </div>
      <Content answer={indexes}>
        {() => {
          if (index !== undefined) return <IndexDashboard key={index.name} index={index} range={range} />;
          if (parameters.index !== undefined && all.length > 0) return <Empty title={`There is no index ${parameters.index}`} />;
          return (
            <Empty title="No index yet">
              It is made when a pipeline writes its first document: with the weather pipeline, once the first minute has passed.
            </Empty>
          );
        }}
      </Content>
    </>
  );
}

function IndexDashboard({ index, range }: { index: IndexView; range: TimeRange }) {
  const numbers = index.fields.filter((field) => field.type === 'number').slice(0, MOST_FIELDS);
  const by = index.defaultBy;
  const common = new URLSearchParams({ fields: numbers.map(({ name }) => encodeURIComponent(name)).join(',') });
  if (by !== null) common.set('by', by);
  // While documents are still being read, more fields and keywords may turn up: what was asked of fewer is another view.
  const view = `${index.name} ${common.toString()} ${index.defaultTimeField}`;
  if (index.defaultTimeField !== null) {
    common.set('timeField', index.defaultTimeField);
    common.set('from', String(range.from));
    common.set('to', String(range.to));
  }
  const address = `/api/indexes/${encodeURIComponent(index.name)}/aggregate`;
  const hasNumbers = numbers.length > 0;
  const totals = useAnswer<Aggregation>(hasNumbers ? `${address}?${common.toString()}` : null, range.version, view);
  const groups = totals.data?.groups ?? [];
  const paging = usePaging(groups, ({ key }) => key, GROUPS_PER_PAGE);
  const { shown } = paging;
  const keys = by === null ? '' : `&keys=${encodeURIComponent(shown.map(({ key }) => encodeURIComponent(key)).join(','))}`;
  const overTime =
    index.defaultTimeField === null || shown.length === 0 ? null : `${address}?${common.toString()}&interval=auto${keys}`;
  const series = useAnswer<Aggregation>(overTime, range.version, overTime === null ? null : `${view} ${keys}`);
  if (totals.data === null && index.isLoading)
    return (
      <Empty title="Reading the index">
        {countText(index.documents)} documents so far; then everything is answered from memory.
      </Empty>
    );
  if (!hasNumbers) return <Empty title={`Index ${index.name} has no numbers to show`} />;
  return (
    <Content answer={totals}>
      {({ documents }) => (
        <>
          {index.isTruncated && (
            <p class="note">The index is larger than the memory given to it: its oldest documents are left out.</p>
          )}
          {groups.length > GROUPS_PER_PAGE && (
            <div class="toolbar">
              <SearchInput what={by ?? ''} />
              <Pager {...paging} />
            </div>
          )}
          {groups.length === 0 ? (
            <Empty title="No documents in this time range">
              {index.documents === 0
                ? 'The index is empty.'
                : `The index has ${countText(index.documents)} of other times: choose a longer range.`}
            </Empty>
          ) : shown.length === 0 ? (
            <Empty title={`No ${by} of that name`} />
          ) : (
            <>
              {numbers.map((field, i) => (
                <Gauges
                  key={field.name}
                  field={field}
                  values={shown.map(({ key, values }) => ({ key: key === '' ? 'all documents' : key, value: values[i].average }))}
                  label={range.label}
                />
              ))}
              {index.defaultTimeField !== null &&
                numbers.map((field, i) => <OverTime key={field.name} field={field} index={i} series={series} />)}
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
  const text = JSON.stringify([values, ranges]);
  const options = useMemo(() => gaugeChart(values, ranges), [text]);
  return (
    <Panel title={`Average ${titleOf(field.name)}`} actions={<span class="quiet">{label}</span>}>
      <Chart
        options={options}
        height={(width) => gaugeHeight(values.length, width)}
        label={`Gauges of ${titleOf(field.name)}, as the table that follows says`}
      />
      <div class="visually-hidden">
        <table data-test={`gauges-${field.name}`}>
          <caption>Average {titleOf(field.name)}</caption>
          <tbody>
            {values.map(({ key, value }) => (
              <tr key={key}>
                <th scope="row">{key}</th>
                <td data-value={value ?? ''}>{averageText(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function OverTime({ field, index, series }: { field: IndexField; index: number; series: Answer<Aggregation> }) {
  const title = capitalised(`${titleOf(field.name)} over time`);
  return (
    <Panel title={title}>
      <Content answer={series} loading={<Loading lines={4} />}>
        {(aggregation) => <Lines field={field} index={index} aggregation={aggregation} />}
      </Content>
    </Panel>
  );
}

function Lines({ field, index, aggregation }: { field: IndexField; index: number; aggregation: Aggregation }) {
  const { buckets, from, to } = aggregation;
  const [start, end] = [from ?? buckets[0], to ?? buckets[buckets.length - 1]];
  const options = useMemo(() => {
    const { groups, series } = aggregation;
    const lines = groups.map(({ key }, g) => ({ name: key === '' ? 'all documents' : key, values: series[g][index] }));
    return lineChart(buckets, lines, start, end);
  }, [aggregation, index]);
  return (
    <Chart
      options={options}
      height={280}
      label={`${titleOf(field.name)} over time, a line per device`}
      onSelect={zonedTimes(start, end).choose}
    />
  );
}

const TITLES: Readonly<Record<string, string>> = { avg_temp: 'temperature', avg_hum: 'humidity' };
const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const titleOf = (field: string): string => TITLES[field] ?? field.replaceAll('_', ' ');
