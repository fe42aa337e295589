import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Producer } from '@platformatic/kafka';
import { splitStatements } from '../../src/compile/parse/split-statements.ts';
import { GatewaySession } from './gateway-session.ts';
import { KafkaJob } from './kafka-job.ts';
import { createTopics } from './kafka-topics.ts';
import { runProgram } from './run-program.ts';
import { servers } from './servers.ts';

/** A record that is written before the engines start; text is UTF-8. What is left out is NULL, partition 0, and the time of writing. */
export interface WrittenRecord {
  readonly key?: string;
  readonly value?: string | null;
  readonly partition?: number;
  readonly timestamp?: number;
  /** `name=value`, or `name` for a header without a value. With headers, the time is that of writing. */
  readonly headers?: readonly string[];
}

/** The same SQL on Flink and on Isobar. */
export interface EngineCase {
  readonly name: string;
  /**
   * Topics are named `in.…` (read by both engines) and `out.…` (each engine has its own), consumer groups `readers.…`, indices
   * `index.…`; KAFKA and ELASTICSEARCH stand for the servers.
   */
  readonly sql: string;
  /** Topics that are read, by name, with their records. An array is the records of a topic with one partition. */
  readonly topics?: Readonly<Record<string, readonly WrittenRecord[] | InputTopic>>;
  /** Written again and again while the engines run, by topic: their partitions never fall silent. */
  readonly meanwhile?: Readonly<Record<string, readonly WrittenRecord[]>>;
  /** Partitions of topics that are written; 1 where they are not named. */
  readonly outputs?: Readonly<Record<string, number>>;
  /** Committed offsets by group, topic and partition. */
  readonly groups?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<number, number>>>>>>;
  /** An endless job is stopped once so many records are in its topics. */
  readonly stopAfter?: number;
}

export interface InputTopic {
  readonly partitions: number;
  readonly records: readonly WrittenRecord[];
  /** Records before these offsets are deleted, by partition. */
  readonly deletedBefore?: Readonly<Record<number, number>>;
}

export interface EngineOutcome {
  /** Records of each topic written, `PARTITION @TIME key => value {header=value}`; the time of writing is left out. */
  readonly topics: Readonly<Record<string, readonly string[]>>;
  readonly printed: readonly string[];
  /** Documents of all indices written, `INDEX/ID SOURCE`, sorted. */
  readonly documents: readonly string[];
  readonly error?: string;
}

const TIMEOUT_MS = 30_000;
/** How long an endless job may take to write what it is to write. */
const STOP_MS = 15_000;
const MEANWHILE_MS = 200;
const SESSION = {
  'restart-strategy.type': 'none',
  'parallelism.default': '1',
};

/** Runs cases on real Flink and on Isobar, with topics of one Kafka whose names they share with nobody. */
export class BothEngines {
  readonly #prefix = `both-${randomBytes(3).toString('hex')}-`;
  readonly #admin = new Admin({ clientId: 'isobar-test', bootstrapBrokers: [servers.kafka] });
  #number = 0;

  async close(): Promise<void> {
    await this.#admin.close();
  }

  /** Runs a case on both, side by side. */
  async run(engineCase: EngineCase): Promise<{ flink: EngineOutcome; isobar: EngineOutcome }> {
    const prefix = `${this.#prefix}${this.#number++}-`;
    await this.#writeInputs(engineCase, prefix);
    const ended = new AbortController();
    const writing = this.#writeMeanwhile(engineCase, prefix, ended.signal);
    try {
      const [flink, isobar] = await Promise.all(
        (['flink', 'isobar'] as const).map((engine) => this.#runOn(engine, engineCase, prefix)),
      );
      return { flink, isobar };
    } finally {
      ended.abort();
      await writing;
    }
  }

  async #runOn(engine: 'flink' | 'isobar', engineCase: EngineCase, prefix: string): Promise<EngineOutcome> {
    const own = `${prefix}${engine}-`;
    const names = [...new Set([...engineCase.sql.matchAll(/\bout\.\w+/g)].map(([name]) => name))];
    await createTopics(
      servers.kafka,
      names.map((name) => ({ name: own + name, partitions: engineCase.outputs?.[name] ?? 1 })),
    );
    for (const [groupId, topics] of Object.entries(engineCase.groups ?? {})) {
      await this.#admin.alterConsumerGroupOffsets({
        groupId: own + groupId,
        topics: Object.entries(topics).map(([name, offsets]) => ({
          name: prefix + name,
          partitionOffsets: Object.entries(offsets).map(([partition, offset]) => ({
            partition: Number(partition),
            offset: BigInt(offset),
          })),
        })),
      });
    }
    const sql = engineCase.sql
      .replace(/\b(?:out|readers|index)\.\w/g, (name) => own + name)
      .replace(/\bin\.\w/g, (name) => prefix + name)
      .replaceAll('KAFKA', servers.kafka)
      .replaceAll('ELASTICSEARCH', () => servers.elasticsearch);
    const stop = engineCase.stopAfter === undefined ? undefined : () => this.#stopTime(engineCase, own, names);
    const { printed, error } = engine === 'flink' ? await runOnFlink(sql, own, stop) : await runOnIsobar(sql, stop);
    const readable = (text: string): string => text.replaceAll(own, '').replaceAll(prefix, '');
    const topics = await Promise.all(names.map(async (name) => [name, (await recordsOf(own + name)).map(readable)] as const));
    const documents = /\bindex\.\w/.test(engineCase.sql) ? (await documentsOf(own)).map(readable) : [];
    return {
      topics: Object.fromEntries(topics),
      documents,
      printed: printed.map(readable),
      ...(error !== undefined && { error: readable(error) }),
    };
  }

  async #writeInputs({ topics = {} }: EngineCase, prefix: string): Promise<void> {
    for (const [name, given] of Object.entries(topics)) {
      const topic = prefix + name;
      const { partitions, records, deletedBefore = {} } = 'records' in given ? given : { partitions: 1, records: given };
      await createTopics(servers.kafka, [{ name: topic, partitions }]);
      await write(topic, records);
      const deletions = Object.entries(deletedBefore).map(([partition, offset]) => ({
        partition: Number(partition),
        offset: BigInt(offset),
      }));
      if (deletions.length > 0) await this.#admin.deleteRecords({ topics: [{ name: topic, partitions: deletions }] });
    }
  }

  async #writeMeanwhile({ meanwhile = {} }: EngineCase, prefix: string, ended: AbortSignal): Promise<void> {
    const topics = Object.entries(meanwhile);
    while (topics.length > 0 && !ended.aborted) {
      for (const [name, records] of topics) await write(prefix + name, records);
      await sleep(MEANWHILE_MS);
    }
  }

  /** Resolves when the job may be stopped. */
  async #stopTime(engineCase: EngineCase, own: string, names: readonly string[]): Promise<void> {
    for (const end = performance.now() + STOP_MS; performance.now() < end; await sleep(200)) {
      let count = 0;
      // A topic that was made a moment ago may not be known yet.
      for (const name of names) count += (await recordsOf(own + name).catch(() => [])).length;
      if (count >= engineCase.stopAfter!) {
        await sleep(300);
        return;
      }
    }
  }
}

async function write(topic: string, records: readonly WrittenRecord[]): Promise<void> {
  const producer = new Producer({ clientId: 'isobar-test', bootstrapBrokers: [servers.kafka] });
  const bytes = (text: string | null | undefined): Buffer | undefined => (text == null ? undefined : Buffer.from(text));
  try {
    for (const { key, value, partition = 0, timestamp, headers } of records) {
      if (headers === undefined) {
        const message = { topic, partition, timestamp: BigInt(timestamp ?? Date.now()), key: bytes(key), value: bytes(value) };
        await producer.send({ messages: [message], acks: -1 });
      } else {
        const folder = mkdtempSync(join(tmpdir(), 'isobar-record-'));
        writeFileSync(join(folder, 'value'), value ?? '');
        const options = headers.flatMap((header) => ['-H', header]);
        await runProgram('kcat', [
          '-b',
          servers.kafka,
          '-P',
          '-t',
          topic,
          '-p',
          String(partition),
          ...options,
          ...(key === undefined ? [] : ['-k', key]),
          ...(value == null ? ['-Z'] : []),
          join(folder, 'value'),
        ]);
        rmSync(folder, { recursive: true });
      }
    }
  } finally {
    await producer.close();
  }
}

interface KcatRecord {
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly headers?: readonly (string | null)[];
  readonly key: string | null;
  readonly payload: string | null;
}

async function recordsOf(topic: string): Promise<string[]> {
  const lines = await runProgram('kcat', ['-b', servers.kafka, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-J']);
  const records = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as KcatRecord);
  records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  return records.map(({ partition, ts, headers = [], key, payload }) => {
    const isNow = Math.abs(ts - Date.now()) < 3_600_000;
    const pairs = Array.from(
      { length: headers.length / 2 },
      (_, i) => `${headers[2 * i]}=${headers[2 * i + 1] ?? 'NULL'}`,
    ).sort();
    return `${partition}${isNow ? '' : ` @${ts}`} ${key ?? 'NULL'} => ${payload ?? 'NULL'}${pairs.length === 0 ? '' : ` {${pairs.join(', ')}}`}`;
  });
}

async function documentsOf(own: string): Promise<string[]> {
  await fetch(`${servers.elasticsearch}/${own}*/_refresh`, { method: 'POST' });
  // As text: numbers keep all their digits.
  const text = await (
    await fetch(`${servers.elasticsearch}/${own}*/_search?size=1000&filter_path=hits.hits._index,hits.hits._id,hits.hits._source`)
  ).text();
  const hits = text.matchAll(/\{"_index":"([^"]*)","_id":("(?:[^"\\]|\\.)*"),"_source":(\{.*?\})\}(?=,\{"_index"|\]\}\})/gs);
  return [...hits].map(([, index, id, source]) => `${index}/${JSON.parse(id) as string} ${source}`).sort();
}

async function runOnFlink(sql: string, own: string, stop?: () => Promise<void>): Promise<{ printed: string[]; error?: string }> {
  const text = sql.replace(/('connector'\s*=\s*'print')/g, `$1, 'print-identifier' = '${own}'`);
  const session = await GatewaySession.open(servers.gateway, {
    ...SESSION,
    'table.dml-sync': String(stop === undefined),
    'table.local-time-zone': 'UTC',
    'pipeline.name': `${own}case`,
  });
  let error: string | undefined;
  try {
    for (const { start, end } of splitStatements({ name: 'case.sql', text }))
      await session.execute(text.slice(start, end), TIMEOUT_MS);
    await stop?.();
    if (stop !== undefined) error = await cancelJobs(`${own}case`);
  } catch (failure) {
    error = causes((failure as Error).message);
    await cancelJobs(`${own}case`);
  } finally {
    await session.close();
  }
  const printed = /'print'/.test(sql) && error === undefined ? await printedOnFlink(own) : [];
  return { printed, error };
}

/** What print sinks printed; it takes a moment until it can be read. */
async function printedOnFlink(own: string): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const { taskmanagers } = await getJson<{ taskmanagers: readonly { id: string }[] }>('/taskmanagers');
    const outputs = taskmanagers.map(async ({ id }) => (await fetch(`${servers.flink}/taskmanagers/${id}/stdout`)).text());
    const lines = (await Promise.all(outputs)).join('').split('\n');
    const printed = lines.filter((line) => line.startsWith(`${own}> `)).map((line) => line.slice(own.length + 2));
    if (printed.length > 0 || attempt === 14) return printed;
    await sleep(500);
  }
}

/** The first line of each cause in a stack trace. */
function causes(trace: string): string {
  return trace
    .split('\n')
    .filter((line) => /^Caused by|^[a-z][\w.]*(Exception|Error)/.test(line))
    .map((line) => line.replace(/^Caused by: /, ''))
    .slice(-3)
    .join(' | ');
}

async function runOnIsobar(sql: string, stop?: () => Promise<void>): Promise<{ printed: string[]; error?: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'isobar-both-'));
  let job: KafkaJob | undefined;
  try {
    job = new KafkaJob(`SET 'table.local-time-zone' = 'UTC';\n${sql}`, { store: join(folder, 'isobar.db') });
    if (stop === undefined)
      await Promise.race([job.ended(), sleep(TIMEOUT_MS).then(() => Promise.reject(new Error('has not ended')))]);
    else {
      job.start();
      await stop();
      await job.stop();
    }
    return { printed: job.lines };
  } catch (failure) {
    await job?.stop().catch(() => {});
    const {
      code = '',
      message,
      problems = [],
    } = failure as Error & { code?: string; problems?: readonly { code: string; message: string }[] };
    return {
      printed: job?.lines ?? [],
      error: [`${code} ${message}`, ...problems.map((problem) => `${problem.code} ${problem.message}`)].join(' | '),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Cancels what runs; answers why it had failed. */
async function cancelJobs(name: string): Promise<string | undefined> {
  const { jobs } = await getJson<{ jobs: readonly { jid: string; name: string; state: string }[] }>('/jobs/overview');
  let error: string | undefined;
  for (const { jid, state } of jobs.filter((job) => job.name === name)) {
    if (state === 'FAILED') {
      const { 'root-exception': trace } = await getJson<{ 'root-exception': string | null }>(`/jobs/${jid}/exceptions`);
      error = causes(trace ?? 'failed');
    } else if (/^(CREATED|RUNNING|RESTARTING|INITIALIZING)$/.test(state))
      await fetch(`${servers.flink}/jobs/${jid}?mode=cancel`, { method: 'PATCH' });
  }
  return error;
}

async function getJson<T>(path: string): Promise<T> {
  return (await (await fetch(servers.flink + path)).json()) as T;
}
