// deploy/kibana/export.ndjson fits together, and fits the table that it shows.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { isNumeric, isText, isTimestamp, type SqlType } from '../../src/types/sql-type.ts';
import { KibanaServer, type SavedObject } from './kibana-server.ts';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(resolve(root, 'deploy/kibana/export.ndjson'), 'utf8');
const objects = text
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as SavedObject);
const ofType = (type: string): SavedObject[] => objects.filter((object) => object.type === type);

/** A value that Kibana keeps as JSON in a string. */
const inner = (value: unknown): unknown => JSON.parse(value as string);
const searchOf = ({ attributes }: SavedObject): { indexRefName?: string } =>
  inner((attributes.kibanaSavedObjectMeta as { searchSourceJSON: string }).searchSourceJSON) as { indexRefName?: string };

interface VisState {
  readonly title: string;
  readonly type: string;
  readonly aggs: readonly { readonly type: string; readonly schema: string; readonly params: { readonly field: string } }[];
  readonly params: {
    readonly type: string;
    readonly gauge?: { readonly colorSchema: string; readonly colorsRange: readonly object[] };
  };
}
const stateOf = ({ attributes }: SavedObject): VisState => inner(attributes.visState) as VisState;

describe('the sink of pipelines/weather.sql', () => {
  const source = { name: 'weather.sql', text: readFileSync(resolve(root, 'pipelines/weather.sql'), 'utf8') };
  const [sink] = compile(source, { local: true }).nodes.filter((node) => node.kind === 'sink');
  const types = new Map<string, SqlType>(sink.schema.map(({ name, type }) => [name, type]));

  test('is what the index pattern stands for', () => {
    const [pattern, ...others] = ofType('index-pattern');
    expect(others).toEqual([]);
    expect(pattern.attributes.title).toBe((sink.table?.bound.settings as { index: string } | undefined)?.index);
    expect(isTimestamp(types.get(pattern.attributes.timeFieldName as string) as SqlType)).toBe(true);
  });

  test('has every field that is shown, with a type that serves', () => {
    const serves: Readonly<Record<string, (type: SqlType) => boolean>> = {
      avg: isNumeric,
      terms: isText,
      date_histogram: isTimestamp,
    };
    for (const { type, params } of ofType('visualization').flatMap((each) => stateOf(each).aggs)) {
      const column = types.get(params.field);
      expect(column !== undefined && serves[type](column), `${type} of ${params.field}`).toBe(true);
    }
  });
});

test('every object has a unique id, all its references are there, and all of them are used', () => {
  const keys = objects.map(({ type, id }) => `${type}:${id}`);
  expect(new Set(keys).size).toBe(keys.length);
  for (const object of objects) {
    const { references = [], type, id } = object;
    expect(references.filter((each) => !keys.includes(`${each.type}:${each.id}`))).toEqual([]);
    const used =
      type === 'dashboard'
        ? (inner(object.attributes.panelsJSON) as { panelRefName: string }[]).map(({ panelRefName }) => panelRefName)
        : type === 'visualization'
          ? [searchOf(object).indexRefName]
          : [];
    expect(used, `${type} ${id}`).toEqual(references.map(({ name }) => name));
  }
});

test('gauges and lines show temperature and humidity by device', () => {
  const shown = ofType('visualization').map((object) => {
    const { title, type, aggs, params } = stateOf(object);
    expect(title).toBe(object.attributes.title);
    expect(params.type).toBe(type);
    return [type, ...aggs.map((agg) => `${agg.schema}: ${agg.type} ${agg.params.field}`)];
  });
  const [time, device] = ['segment: date_histogram window_start', 'group: terms client'];
  expect(shown).toEqual([
    ['gauge', 'metric: avg avg_temp', device],
    ['gauge', 'metric: avg avg_hum', device],
    ['line', 'metric: avg avg_temp', time, device],
    ['line', 'metric: avg avg_hum', time, device],
  ]);
});

test('the gauges have their ranges, each with a colour', () => {
  const [temperature, humidity] = ofType('visualization').map((object) => stateOf(object).params.gauge);
  expect(temperature?.colorSchema).toBe('Green to Red');
  const ranges = (...limits: readonly number[]): object[] => limits.slice(1).map((to, i) => ({ from: limits[i], to }));
  expect(temperature?.colorsRange).toEqual(ranges(0, 20, 35, 50));
  expect(humidity?.colorsRange).toEqual(ranges(0, 30, 60, 100));
  const [ofTemperature, ofHumidity] = ofType('visualization').map(
    ({ attributes }) => (inner(attributes.uiStateJSON) as { vis?: { defaultColors: object } }).vis?.defaultColors ?? {},
  );
  expect(Object.keys(ofTemperature)).toEqual(['0 - 20', '20 - 35', '35 - 50']);
  expect(Object.keys(ofHumidity)).toEqual(['0 - 30', '30 - 60', '60 - 100']);
});

describe('the dashboard', () => {
  const [dashboard] = ofType('dashboard');

  test('is the Weather Dashboard of the last day, and renews itself', () => {
    expect(dashboard.attributes).toMatchObject({
      title: 'Weather Dashboard',
      timeRestore: true,
      timeFrom: 'now-1d',
      timeTo: 'now',
      refreshInterval: { pause: false, value: 10_000 },
    });
    expect(inner(dashboard.attributes.optionsJSON)).toMatchObject({ useMargins: true });
    expect(searchOf(dashboard)).toMatchObject({ query: { language: 'kuery' } });
  });

  test('shows every visualization, side by side on its 48 columns', () => {
    type Panel = { panelIndex: string; gridData: { x: number; y: number; w: number; h: number; i: string } };
    const panels = inner(dashboard.attributes.panelsJSON) as Panel[];
    expect(panels).toHaveLength(ofType('visualization').length);
    const cells = panels.flatMap(({ panelIndex, gridData: { x, y, w, h, i } }) => {
      expect(i).toBe(panelIndex);
      expect(x >= 0 && w > 0 && h > 0 && x + w <= 48).toBe(true);
      return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}:${y + Math.floor(cell / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    expect(cells.length, 'no gap').toBe(48 * Math.max(...panels.map(({ gridData }) => gridData.y + gridData.h)));
  });
});

test('Kibana 7.6 and newer take it', async () => {
  const newest: Readonly<Record<string, string>> = { 'index-pattern': '7.6.0', visualization: '7.8.0', dashboard: '7.3.0' };
  for (const { type, migrationVersion } of objects) expect(migrationVersion).toEqual({ [type]: newest[type] });
  const kibana = await KibanaServer.start();
  const body = new FormData();
  body.append('file', new File([text], 'export.ndjson'));
  const url = `${kibana.url}/api/saved_objects/_import`;
  const answer = await fetch(url, { method: 'POST', body, headers: { 'kbn-xsrf': 'true' } });
  expect(await answer.json()).toEqual({ success: true, successCount: objects.length });
  await kibana.stop();
});
