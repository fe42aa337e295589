// The obvious program, with the answers of pipelines/weather.sql: each message through JSON.parse, a Map of open windows, averages
// when the watermark has passed a window's end. It reads the same local topic.
// Usage: node bench/naive-weather.ts STORE
import { LocalStore } from '../src/connectors/local/store.ts';
import { topicLines } from './topic-lines.ts';

interface Message {
  readonly client: string;
  readonly ts: string;
  readonly temperature: number;
  readonly humidity: number;
}

const MINUTE_MS = 60_000;
const BOUND_MS = 5000;

const store = LocalStore.open(process.argv[2]);
const windows = new Map<string, { end: number; count: number; temperature: number; humidity: number }>();
const totals = { messages: 0, windows: 0, avgTemp: 0, avgHum: 0 };
let watermark = -Infinity;
let nextEnd = Infinity;
for (const { text } of topicLines(store, 'weather_data')) {
  const message = JSON.parse(text) as Message;
  const time = Date.parse(`${message.ts.replace(' ', 'T')}Z`);
  const end = Math.floor(time / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const key = `${message.client} ${end}`;
  let window = windows.get(key);
  if (window === undefined) windows.set(key, (window = { end, count: 0, temperature: 0, humidity: 0 }));
  window.count++;
  window.temperature += message.temperature;
  window.humidity += message.humidity;
  totals.messages++;
  nextEnd = Math.min(nextEnd, end);
  watermark = Math.max(watermark, time - BOUND_MS);
  if (watermark >= nextEnd - 1) closeWindows();
}
store.close();
console.log(JSON.stringify(totals));

function closeWindows(): void {
  nextEnd = Infinity;
  for (const [key, { end, count, temperature, humidity }] of windows) {
    if (watermark < end - 1) {
      nextEnd = Math.min(nextEnd, end);
      continue;
    }
    totals.windows++;
    totals.avgTemp += temperature / count;
    totals.avgHum += humidity / count;
    windows.delete(key);
  }
}
