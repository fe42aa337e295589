import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pipelineLine, renderLiveView, type LiveViewModel, type PipelineView } from '../../src/cli/live-view.ts';

const weather: PipelineView = {
  name: 'weather',
  state: '',
  recordsIn: 12345,
  rowsOut: 180,
  ratePerSecond: 0.8,
  watermark: Date.UTC(2024, 4, 12, 2, 11, 37),
  timeZone: 'UTC',
  lag: 0,
  late: 1,
  malformed: 2,
};

const model: LiveViewModel = {
  elapsedMs: 3_725_000,
  store: '.isobar/isobar.db',
  pipelines: [weather, { ...weather, name: 'cities', watermark: -Infinity, lag: undefined, state: 'failed' }],
  panels: [
    {
      title: 'weather_data_1',
      header: ['client', 'avg_temp'],
      rows: [
        ['device1', '19.38'],
        ['device2', '7.00'],
      ],
      texts: [true, false],
    },
    {
      title: 'output_max',
      header: ['city', 'max_temp', 'window_end'],
      rows: [['Andorra-la-vella', '41.00', '02:11:35']],
      texts: [true, false, false],
    },
  ],
  footer: 'Ctrl-C stops.',
};

test('panels stand side by side where they fit', () => {
  expect(renderLiveView(model, 100, 20, false)).toEqual([
    'isobar dev  01:02:05  .isobar/isobar.db',
    '',
    'pipeline      in  out  rate            watermark  lag  late  malformed',
    'weather   12,345  180   1/s  2024-05-12 02:11:37    0     1          2',
    'cities    12,345  180   1/s                    -    -     1          2  failed',
    '',
    'weather_data_1       output_max',
    'client   avg_temp    city              max_temp  window_end',
    'device1     19.38    Andorra-la-vella     41.00    02:11:35',
    'device2      7.00',
    '',
    'Ctrl-C stops.',
  ]);
});

test('and below each other where they do not', () => {
  const lines = renderLiveView(model, 40, 24, false);
  expect(lines.indexOf('weather_data_1')).toBeLessThan(lines.indexOf('output_max'));
});

test('the view fits the terminal, whatever its size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 60 }), (columns, height) => {
      const lines = renderLiveView(model, columns, height, false);
      expect(lines.length).toBeLessThanOrEqual(height);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    }),
  );
});

test('wide characters take two columns; what was left out stands out', () => {
  const panels = [
    {
      title: 'topic t',
      header: ['city', 'temp'],
      rows: [
        ['東京', '1'],
        ['Αθήνα', '22'],
      ],
      texts: [true, false],
    },
  ];
  const lines = renderLiveView({ ...model, pipelines: [{ ...weather, malformed: 0 }], panels }, 80, 24, true);
  expect(lines.slice(7, 9)).toEqual(['東京      1', 'Αθήνα    22']);
  expect(lines[3]).toContain('\x1b[33m1\x1b[39m');
  expect(lines[3]).not.toContain('\x1b[33m0');
});

test('on a narrow terminal the date gives way to the other columns', () => {
  const lines = renderLiveView(model, 66, 24, false);
  expect(lines.slice(2, 4)).toEqual([
    'pipeline      in  out  rate  watermark  lag  late  malformed',
    'weather   12,345  180   1/s   02:11:37    0     1          2',
  ]);
});

test('rows are shared out so that every panel shows some', () => {
  const long = { title: 'long', header: ['n'], rows: Array.from({ length: 50 }, (_, i) => [String(i)]), texts: [false] };
  const short = { ...long, title: 'short', rows: [['0'], ['1'], ['2']] };
  const errors = { ...short, title: 'errors', isMinor: true };
  const wide = (panel: typeof long): typeof long => ({ ...panel, header: ['n'.repeat(70)] });
  const lines = renderLiveView({ ...model, panels: [wide(long), wide(short), wide(errors)] }, 80, 24, false);
  expect(lines).toHaveLength(24);
  expect(lines.filter((line) => /^ +\d+$/.test(line))).toHaveLength(7 + 3);
  expect(lines).toContain('… 43 more');
  expect(lines).not.toContain('errors');
});

test('without a terminal a pipeline is one line', () => {
  expect(pipelineLine(weather)).toBe(
    'weather: in 12,345, out 180, rate 1/s, watermark 2024-05-12 02:11:37, lag 0, late 1, malformed 2',
  );
});
