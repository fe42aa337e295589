import type { Connector, Sink } from './connector.ts';
import { OptionReader } from './options.ts';
import { bindWatermarkOptions } from './watermark-options.ts';

/** Takes every row and forgets it. The smallest connector: see ARCHITECTURE.md for how to add one. */
export const blackhole: Connector = {
  name: 'blackhole',
  summary: 'Swallows all rows, to measure a pipeline.',
  metadata: new Map(),
  bind(table, _use, report) {
    const reader = new OptionReader(table, report);
    bindWatermarkOptions(reader);
    reader.finish();
    return { connector: 'blackhole', settings: {}, accepts: 'changelog', emits: 'insert', bounded: true };
  },
  createSink: () => new BlackholeSink(),
};

class BlackholeSink implements Sink {
  async open(): Promise<void> {}
  write(): void {}
  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}
