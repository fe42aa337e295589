// A process of its own that works on a local store: node store-process.ts append|kill|hold STORE …
import { writeSync } from 'node:fs';
import { RecordBlobBuilder } from '../../src/connectors/local/record-blob.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';

const [mode, path, name, count] = process.argv.slice(2);
const store = LocalStore.open(path);
const builder = new RecordBlobBuilder();

function append(topic: string, values: readonly string[]): void {
  for (const value of values) {
    builder.appendValue(Buffer.from(value));
    builder.end(0, true, false);
  }
  store.topics.append(topic, 0, builder.finish());
  builder.clear();
}

switch (mode) {
  case 'append':
    for (let i = 0; i < Number(count); i++) append('shared', [`${name} ${i}`]);
    break;
  case 'kill':
    // Two topics and a document move together; whoever reads on later must never see them apart.
    for (let i = 0; ; i++) {
      store.transaction(() => {
        append('left', [`${i}`, 'x'.repeat(100_000)]);
        append('right', [`${i}`]);
        store.index.put('last', 'one', `${i}`);
      });
      writeSync(1, `${i}\n`);
    }
  case 'hold':
    store.transaction(() => {
      writeSync(1, 'held\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(count));
    });
    break;
}
store.close();
