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
  lag: 0,
  late: 1,
  malformed: 2,
};

const model: LiveViewModel = {
  elapsedMs: 3_725_000,
  pipelines: [weather, { ...weather, name: 'cities', watermark: -Infinity, lag: undefined, state: 'failed' }],
  panels: [
    {
      title: 'weather_data_1',
      header: ['client', 'avg_temp'],
      rows: [
        ['device1', '19.38'],
        ['device2', '7.00'],
      ],
    },
    { title: 'output_max', header: ['city', 'max_temp', 'window_end'], rows: [['Andorra-la-vella', '41.00', '02:11:35']] },
  ],
  footer: 'Ctrl-C stops.',
};

test('panels stand side by side where they fit', () => {
  expect(renderLiveView(model, 100, 20, false)).toEqual([
    'isobar dev  01:02:05',
    '',
    'pipeline      in  out  rate            watermark  lag  late  malformed        ',
    'weather   12,345  180   1/s  2024-05-12 02:11:37    0     1          2        ',
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

test('without a terminal a pipeline is one line', () => {
  expect(pipelineLine(weather)).toBe(
    'weather: in 12,345, out 180, rate 1/s, watermark 2024-05-12 02:11:37, lag 0, late 1, malformed 2',
  );
});
