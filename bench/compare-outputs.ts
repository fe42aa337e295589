import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { RunError } from '../src/base/problem.ts';
import { servers } from '../test/stack/servers.ts';
import { compareTotals } from './check-results.ts';
import type { OutputPlace } from './output-place.ts';

type Totals = Record<string, number>;

/** Compares what two engines wrote into their places, one by one: counts, and sums of all numbers. Fails where they differ. */
export async function compareOutputs(ours: readonly OutputPlace[], theirs: readonly OutputPlace[]): Promise<void> {
  for (const [i, place] of ours.entries()) {
    const [found, expected] = [await totalsOf(place), await totalsOf(theirs[i])];
    compareTotals(place.name, found, expected);
  }
}

const totalsOf = ({ kind, name }: OutputPlace): Promise<Totals> => (kind === 'topic' ? topicTotals(name) : indexTotals(name));

/** The number of records, and the sum of each of their fields that are numbers; the records are lines of csv, or anything. */
async function topicTotals(topic: string): Promise<Totals> {
  const totals: Totals = { records: 0 };
  const options = ['-C', '-b', servers.kafka, '-t', topic, '-o', 'beginning', '-e', '-q', '-X', 'isolation.level=read_committed'];
  const kcat = spawn('kcat', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: kcat.stdout })) {
    totals.records++;
    if (line.startsWith('{')) continue;
    line.split(',').forEach((field, i) => {
      const value = Number(field);
      if (!Number.isNaN(value)) totals[`field ${i + 1}`] = (totals[`field ${i + 1}`] ?? 0) + value;
    });
  }
  return totals;
}

async function indexTotals(index: string): Promise<Totals> {
  const url = `${servers.elasticsearch}/${index}`;
  await fetch(`${url}/_refresh`, { method: 'POST' });
  const response = await fetch(`${url}/_search?size=0&track_total_hits=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ aggs: { avg_temp: { sum: { field: 'avg_temp' } }, avg_hum: { sum: { field: 'avg_hum' } } } }),
  });
  if (!response.ok) throw new RunError('BENCH_FAILED', `index ${index}: ${await response.text()}`);
  const { hits, aggregations } = (await response.json()) as {
    hits: { total: { value: number } };
    aggregations: Record<'avg_temp' | 'avg_hum', { value: number }>;
  };
  return { documents: hits.total.value, avg_temp: aggregations.avg_temp.value, avg_hum: aggregations.avg_hum.value };
}
