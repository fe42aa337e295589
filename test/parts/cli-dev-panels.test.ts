// What `isobar dev` shows of the tables that a pipeline writes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPanels, PrintedPanel, type Panel } from '../../src/cli/dev-panels.ts';
import { eventTimeZone } from '../../src/cli/event-time-zone.ts';
import type { PanelView } from '../../src/cli/live-view.ts';
import { compile } from '../../src/compile/compile.ts';
import { RecordBlobBuilder } from '../../src/connectors/local/record-blob.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';
import type { JobPlan } from '../../src/plan/job-plan.ts';

const topic = (name: string, format: string): string =>
  `WITH ('connector' = 'kafka', 'topic' = '${name}', 'properties.bootstrap.servers' = 'k:9092', 'scan.startup.mode' = 'earliest-offset', 'format' = '${format}')`;

let folder: string;
let store: LocalStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-panels-'));
  store = LocalStore.open(join(folder, 'store.db'));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

function plan(columns: string, sinkFormat: string, name = 'sink'): JobPlan {
  const text = `SET 'table.local-time-zone' = 'Asia/Tokyo'; SET 'isobar.dead-letter' = 'true';
    CREATE TABLE source (${columns}, at_time TIMESTAMP_LTZ(3), WATERMARK FOR at_time AS at_time) ${topic('in', 'json')};
    CREATE TABLE ${name} (${columns}) ${topic('out', sinkFormat)};
    INSERT INTO ${name} SELECT ${columns.replace(/ [A-Z]+(\(3\))?/g, '')} FROM source;`;
  return compile({ name: 'plan.sql', text }, { local: true });
}

function send(name: string, ...values: string[]): void {
  const blob = new RecordBlobBuilder();
  for (const value of values) {
    blob.appendValue(Buffer.from(value));
    blob.end(0, true, false);
  }
  store.topics.create(name);
  store.topics.append(name, 0, blob.finish());
}

function viewOf(panels: readonly Panel[], title: string): PanelView {
  for (const panel of panels) panel.refresh();
  return panels.map((panel) => panel.view()).find((view) => view.title === title)!;
}

test('the last row of each key, device2 before device10', () => {
  const panels = createPanels(plan('device STRING, temp DOUBLE', 'csv'), store);
  send('out', 'device10,1.5', 'device2,20', 'device10,2.25');
  expect(viewOf(panels, 'topic out')).toMatchObject({
    header: ['device', 'temp'],
    rows: [
      ['device2', '20'],
      ['device10', '2.25'],
    ],
    texts: [true, false],
    isMinor: false,
  });
  send('out', 'device2,21.125');
  expect(viewOf(panels, 'topic out').rows[0]).toEqual(['device2', '21.13']);
});

test('rows of a table with a time come newest first, the time without its day', () => {
  const panels = createPanels(plan('device STRING, window_end TIMESTAMP(3)', 'csv'), store);
  send('out', 'a,2024-05-12 02:11:00', 'b,2024-05-12 02:12:00');
  expect(viewOf(panels, 'topic out').rows).toEqual([
    ['b', '02:12:00'],
    ['a', '02:11:00'],
  ]);
});

test('errors and dead letters are minor; what a terminal would obey is not shown as it is', () => {
  const panels = createPanels(plan('line STRING', 'json', 'input_errors'), store);
  send('out', '{"line":"\\u001b[2Jgone\\n"}');
  expect(viewOf(panels, 'topic out')).toMatchObject({ isMinor: true, rows: [['\ufffd[2Jgone\ufffd']] });
  send(
    'source.dead-letter',
    '{"reason":"late: too late","row":{"line":"x","at_time":"2024-05-12"}}',
    '{"reason":"r","message":"{"}',
  );
  expect(viewOf(panels, 'topic source.dead-letter')).toMatchObject({
    isMinor: true,
    rows: [
      ['r', '{'],
      ['late: too late', 'x, 2024-05-12'],
    ],
  });
});

test('what print tables write is a panel of its own', () => {
  const panel = new PrintedPanel();
  panel.print('+I[1]\n+I[2]\n');
  panel.print('+I[3]\n');
  expect(panel.view().rows).toEqual([['+I[3]'], ['+I[2]'], ['+I[1]']]);
});

test('the watermark of TIMESTAMP_LTZ is shown in local time', () => {
  expect(eventTimeZone(plan('n INT', 'csv'))).toBe('Asia/Tokyo');
  const text = `CREATE TABLE source (t TIMESTAMP(3), WATERMARK FOR t AS t) ${topic('in', 'json')}; SELECT t FROM source;`;
  expect(eventTimeZone(compile({ name: 'plan.sql', text }, { local: true }))).toBe('UTC');
});
