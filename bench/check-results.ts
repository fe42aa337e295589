import { RunError } from '../src/base/problem.ts';
import type { LocalStore } from '../src/connectors/local/store.ts';
import { topicLines } from './topic-lines.ts';

type Totals = Readonly<Record<string, number>>;

/** Compares the documents of pipelines/weather.sql with what the obvious program printed. */
export function checkWeather(store: LocalStore, count: number, naive: Totals): void {
  const totals = { messages: count, windows: 0, avgTemp: 0, avgHum: 0 };
  for (let after = 0; ;) {
    const documents = store.index.scan('weather_data_1', after);
    if (documents.length === 0) break;
    for (const { json } of documents) {
      const document = JSON.parse(json) as { avg_temp: number; avg_hum: number };
      totals.windows++;
      totals.avgTemp += document.avg_temp;
      totals.avgHum += document.avg_hum;
    }
    after = documents.at(-1)!.sequence;
  }
  compareTotals('weather', totals, naive);
}

/** Computes what pipelines/cities.sql should have written from its input, and compares. */
export function checkCities(store: LocalStore, count: number): void {
  compareTotals('cities', citiesOutput(store), citiesExpected(store, count));
}

function citiesOutput(store: LocalStore): Totals {
  const totals = { averages: 0, averageSum: 0, readingSum: 0, maxima: 0, maximumSum: 0, errors: 0 };
  for (const { text } of topicLines(store, 'output_avg')) {
    const [, average, readings] = text.split(',');
    totals.averages++;
    totals.averageSum += Number(average);
    totals.readingSum += Number(readings);
  }
  for (const { text } of topicLines(store, 'output_max')) {
    totals.maxima++;
    totals.maximumSum += Number(text.split(',')[1]);
  }
  if (store.topics.has('input_errors')) totals.errors = store.topics.endOffset('input_errors', 0);
  return totals;
}

function citiesExpected(store: LocalStore, count: number): Totals {
  const totals = { averages: 0, averageSum: 0, readingSum: 0, maxima: 0, maximumSum: 0, errors: 0 };
  const cities = new Map<string, { sum: number; count: number }>();
  const maxima = new Map<number, number>();
  let watermark = -Infinity;
  for (const { text, timestamp } of topicLines(store, 'input')) {
    const [name, temperatureText] = text.split(', ');
    const temperature = Number(temperatureText);
    let city = cities.get(name);
    if (city === undefined) cities.set(name, (city = { sum: 0, count: 0 }));
    city.sum += temperature;
    city.count++;
    totals.averages++;
    totals.averageSum += Math.round((city.sum / city.count) * 100) / 100;
    totals.readingSum += city.count;

    const window = Math.floor(timestamp / 5000);
    maxima.set(window, Math.max(maxima.get(window) ?? -Infinity, temperature));
    watermark = Math.max(watermark, timestamp - 1000);
    if (totals.averages === count) break;
  }
  for (const [window, maximum] of maxima) {
    if (window * 5000 + 5000 - 1 > watermark) continue;
    totals.maxima++;
    totals.maximumSum += maximum;
  }
  return totals;
}

/** Counts must be equal, and sums of decimals so near that only the order of additions and rounding can make the difference. */
export function compareTotals(what: string, found: Totals, expected: Totals): void {
  for (const [name, value] of Object.entries(expected)) {
    const isNear = Math.abs(found[name] - value) <= (Number.isInteger(value) ? 0 : 1e-6 * Math.abs(value));
    if (!isNear) throw new RunError('BENCH_WRONG_RESULT', `${what}: ${name} is ${found[name]}, and should be ${value}`);
  }
}
