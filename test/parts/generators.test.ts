import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { RecordBlobBuilder } from '../../src/connectors/local/record-blob.ts';
import { StoredRecords } from '../../src/connectors/local/stored-records.ts';
import { CAPITALS } from '../../src/generators/capitals.ts';
import { CitiesStream, type CitiesOptions } from '../../src/generators/cities.ts';
import type { MessageStream } from '../../src/generators/message-stream.ts';
import { pace } from '../../src/generators/pace.ts';
import { ReplayStream } from '../../src/generators/replay.ts';
import { sendToTopic } from '../../src/generators/send-to-topic.ts';
import { WeatherStream, type WeatherOptions } from '../../src/generators/weather.ts';
import { keyOf, openStore, temporaryFolder, valueOf } from './connector-table.ts';

interface Message {
  readonly key: string | null;
  readonly value: string;
  readonly time: number;
}

function recordsOf(builder: RecordBlobBuilder): Message[] {
  if (builder.count === 0) return [];
  const records = new StoredRecords(builder.finish(), 't', 0, 0, 0, Infinity);
  return Array.from({ length: records.count }, (_, i) => ({
    key: keyOf(records, i),
    value: valueOf(records, i)!,
    time: records.timestamps[i],
  }));
}

/** All messages that are due until a time, taken `step` at a time. */
function messagesOf(stream: MessageStream, until = Infinity, step = 1000): Message[] {
  const messages: Message[] = [];
  const builder = new RecordBlobBuilder();
  while (stream.nextTime() <= until && stream.nextTime() !== Infinity) {
    stream.fill([builder], until, step);
    messages.push(...recordsOf(builder));
    builder.clear();
  }
  return messages;
}

const utc = { offsetAt: () => 0 };
const start = Date.UTC(2024, 4, 12, 2, 11, 37);
const weather = (options: Partial<WeatherOptions> = {}): WeatherStream => new WeatherStream({ start, zone: utc, ...options });
const cities = (options: Partial<CitiesOptions> = {}): CitiesStream => new CitiesStream({ start, ...options });

interface Weather {
  readonly client: string;
  readonly ts: string;
  readonly temperature: number;
  readonly humidity: number;
}

const parse = (message: Message): Weather => JSON.parse(message.value) as Weather;
const instantOf = (ts: string): number => Date.parse(ts.replace(' ', 'T') + 'Z');

describe('weather', () => {
  test('three devices every 2, 5 and 10 s, as text that people can read', () => {
    const messages = messagesOf(weather(), start + 9999);
    expect(messages.map(({ key, time }) => [key, time - start])).toEqual([
      ['device1', 0],
      ['device2', 0],
      ['device3', 0],
      ['device1', 2000],
      ['device1', 4000],
      ['device2', 5000],
      ['device1', 6000],
      ['device1', 8000],
    ]);
    for (const { value } of messages) {
      expect(value).toMatch(
        /^\{"client": "device[123]", "ts": "2024-05-12 02:11:\d\d", "temperature": \d{1,2}\.\d\d, "humidity": \d\d\.\d\d\}$/,
      );
    }
    expect(parse(messages[3])).toMatchObject({ client: 'device1', ts: '2024-05-12 02:11:39' });
  });

  test('temperature is uniform in 0 – 35, humidity in 40 – 90', () => {
    const rows = messagesOf(weather({ count: 20_000, rate: 1000 })).map(parse);
    for (const [values, min, max] of [
      [rows.map((message) => message.temperature), 0, 35],
      [rows.map((message) => message.humidity), 40, 90],
    ] as const) {
      expect(Math.min(...values)).toBeGreaterThanOrEqual(min);
      expect(Math.max(...values)).toBeLessThanOrEqual(max);
      const tenths = new Array<number>(10).fill(0);
      for (const value of values) tenths[Math.min(9, Math.floor((10 * (value - min)) / (max - min)))]++;
      for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(200);
    }
  });

  test('the seed decides, and each device sends what it would send alone', () => {
    const options = { devices: 5, rate: 100, count: 1000, malformed: 0.1, late: 0.1, outOfOrder: 0.1 };
    expect(messagesOf(weather(options))).toEqual(messagesOf(weather(options), Infinity, 7));
    expect(messagesOf(weather(options))).not.toEqual(messagesOf(weather({ ...options, seed: 2 })));
    const values = (devices: number): string[] =>
      messagesOf(weather({ devices, periodsMs: [1000], count: 50 * devices }))
        .filter(({ key }) => key === 'device1')
        .map((message) => message.value);
    expect(values(1)).toEqual(values(20));
  });

  test('rate and number of devices', () => {
    const messages = messagesOf(weather({ devices: 1000, periodsMs: [1000], rate: 500 }), start + 9999.9);
    expect(messages.length).toBe(5000);
    expect(new Set(messages.map(({ key }) => key)).size).toBe(1000);
    expect(messages.slice(0, 500).every(({ time }) => time < start + 1000)).toBe(true);
    const times = messages.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('end and count', () => {
    expect(messagesOf(weather({ end: start + 4000 })).length).toBe(4);
    expect(messagesOf(weather({ count: 4 })).length).toBe(4);
    expect(weather({ count: 0 }).nextTime()).toBe(Infinity);
  });

  test('shares of out-of-order, late and malformed messages, within their bounds', () => {
    const options = {
      count: 10_000,
      rate: 100,
      outOfOrder: 0.2,
      late: 0.05,
      lateMinMs: 60_000,
      lateMaxMs: 90_000,
      malformed: 0.03,
    };
    const messages = messagesOf(weather(options));
    let [malformed, late, outOfOrder] = [0, 0, 0];
    for (const message of messages) {
      try {
        // `ts` has whole seconds.
        const delay = Math.floor(message.time / 1000) * 1000 - instantOf(parse(message).ts);
        if (Number.isNaN(delay) || typeof parse(message).temperature !== 'number') malformed++;
        else if (delay > 59_000) late++;
        else if (delay > 0) outOfOrder++;
        if (delay > 4000) expect(delay).toBeGreaterThanOrEqual(60_000 - 1000);
        expect(delay > 91_000).toBe(false);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        malformed++;
      }
    }
    expect(Math.abs(malformed - 300)).toBeLessThan(70);
    expect(Math.abs(late - 500)).toBeLessThan(90);
    // A delay within the second does not show.
    expect(outOfOrder).toBeGreaterThan(1400);
    expect(outOfOrder).toBeLessThan(2100);
  });

  test('ts is wall time, also when clocks change', () => {
    const beforeChange = Date.UTC(2024, 2, 31, 0, 59, 59);
    const zone = { offsetAt: (instant: number) => (instant < Date.UTC(2024, 2, 31, 1) ? 3_600_000 : 7_200_000) };
    const stream = new WeatherStream({ start: beforeChange, zone, devices: 1, periodsMs: [1000], count: 2 });
    expect(messagesOf(stream).map((message) => parse(message).ts)).toEqual(['2024-03-31 01:59:59', '2024-03-31 03:00:00']);
  });

  test('a device keeps its partition', () => {
    const builders = [new RecordBlobBuilder(), new RecordBlobBuilder(), new RecordBlobBuilder()];
    weather({ devices: 30, periodsMs: [1000] }).fill(builders, start + 5000, 1000);
    const keys = builders.map((builder) => new Set(recordsOf(builder).map(({ key }) => key)));
    expect(keys.every(({ size }) => size > 0)).toBe(true);
    expect(keys.reduce((sum, { size }) => sum + size, 0)).toBe(30);
  });
});

describe('cities', () => {
  test("fifty capitals at 100 a second, whole degrees around a mean of each one's own", () => {
    const messages = messagesOf(cities({ count: 50_000 }));
    expect(messages[1].time - messages[0].time).toBe(10);
    expect(messages.every(({ key }) => key === null)).toBe(true);
    const byCity = new Map<string, number[]>();
    for (const { value } of messages) {
      const [, city, degrees] = /^([\p{L} -]+), (-?\d+)$/u.exec(value) ?? expect.fail(value);
      byCity.set(city, [...(byCity.get(city) ?? []), Number(degrees)]);
    }
    expect(byCity.size).toBe(50);
    expect([...byCity.keys()]).toEqual(expect.arrayContaining(['San Marino', 'Andorra-la-vella', 'Budapest', 'Stockholm']));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const means = [...byCity.values()].map(mean);
    expect(Math.abs(mean(means) - 20)).toBeLessThan(3);
    expect(Math.max(...means) - Math.min(...means)).toBeGreaterThan(10);
    for (const values of byCity.values()) {
      expect(Math.abs(values.length - 1000)).toBeLessThan(150);
      const deviation = Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
      expect(Math.abs(deviation - 5)).toBeLessThan(0.5);
    }
  });

  test('names of their countries, a seed, and malformed lines', () => {
    const native = messagesOf(cities({ count: 1000, nativeNames: true })).map(({ value }) => value.split(',')[0]);
    expect(native).toEqual(expect.arrayContaining(['København', 'București', 'Αθήνα', 'Reykjavík']));
    expect(new Set(CAPITALS.map(([, name]) => name)).size).toBe(CAPITALS.length);
    expect(messagesOf(cities({ count: 100 }))).toEqual(messagesOf(cities({ count: 100 }), Infinity, 3));
    expect(messagesOf(cities({ count: 100 }))).not.toEqual(messagesOf(cities({ count: 100, seed: 9 })));
    const broken = messagesOf(cities({ count: 2000, malformed: 0.1 })).filter(({ value }) => !/^.+, -?\d+$/.test(value));
    expect(Math.abs(broken.length - 200)).toBeLessThan(50);
    expect(new Set(broken.map(({ value }) => value.replace(/\p{L}[\p{L} -]*/u, 'CITY'))).size).toBe(5);
  });
});

describe('random numbers', () => {
  test('streams of one seed differ', () => {
    const first = (seed: number, stream: number): number => new Random(seed, stream).double();
    const values = Array.from({ length: 1000 }, (_, i) => first(i % 10, Math.floor(i / 10)));
    expect(new Set(values).size).toBe(1000);
    const mean = values.reduce((sum, value) => sum + value, 0) / 1000;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
  });
});

describe('replay', () => {
  const fileOf = (text: string): string => {
    const path = join(temporaryFolder(), 'in.jsonl');
    writeFileSync(path, text);
    return path;
  };

  test('sends lines by their times, faster', () => {
    const lines = [
      '{"ts":"2024-01-01 00:00:00","c":"a"}',
      '{"ts":"2024-01-01 00:01:00","c":"b"}',
      'no json',
      '{"c":"no time"}',
      '{"ts":"2024-01-01 00:00:30","c":"c"}',
      '{"ts":"2024-01-01T00:02:00Z"}',
    ];
    const messages = messagesOf(new ReplayStream({ path: fileOf(lines.join('\r\n')), start: 1000, speed: 60, keyField: 'c' }));
    expect(messages.map(({ key, time }) => [key, time])).toEqual([
      ['a', 1000],
      ['b', 2000],
      [null, 2000],
      ['no time', 2000],
      ['c', 2000],
      [null, 3000],
    ]);
    expect(messages.map(({ value }) => value)).toEqual(lines);
  });

  test('sends everything at once without a speed', () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `{"n":${i}}`);
    const messages = messagesOf(new ReplayStream({ path: fileOf(lines.join('\n') + '\n'), start: 5 }), Infinity, 100_000);
    expect(messages.map(({ value }) => value)).toEqual(lines);
    expect(messagesOf(new ReplayStream({ path: fileOf(''), start: 5 }))).toEqual([]);
    expect(messagesOf(new ReplayStream({ path: fileOf('a\nb\nc'), start: 5, count: 2 })).map(({ value }) => value)).toEqual([
      'a',
      'b',
    ]);
  });

  test('sends an empty line as an empty message', () => {
    const valuesOf = (text: string, speed?: number): string[] =>
      messagesOf(new ReplayStream({ path: fileOf(text), start: 5, speed })).map(({ value }) => value);
    expect(valuesOf('\na\n\r\n\nb\n\n')).toEqual(['', 'a', '', '', 'b', '']);
    expect(valuesOf('\n{"ts":1}\n\n', 1)).toEqual(['', '{"ts":1}', '']);
    expect(valuesOf('\n')).toEqual(['']);
  });

  test('refuses to go by a field that the first messages do not have', () => {
    const replay = (text: string, timeField?: string): ReplayStream =>
      new ReplayStream({ path: fileOf(text), start: 5, speed: 1, timeField });
    expect(() => replay('no json\n{"time":1,"n":2}\n{"tmie":1}\n', 'tmie')).toThrow(
      /in\.jsonl:2:1: error\[REPLAY_FIELD_NOT_FOUND\]: there is no field "tmie" .*\n {2}2 \| \{"time":1,"n":2\}\n.*\^\nhint: Did you mean "time"\?$/,
    );
    expect(() => replay('{"time":1,"n":2}', 'nope')).toThrow('there are: time, n.');
    expect(() => replay('{}')).toThrow('there are: none.');
    for (const text of ['a,1\nb,2\n', '{"ts":"yesterday"}\n', '[1]\n"ts"\n', '\n'])
      expect(() => replay(text)).toThrow(/error\[REPLAY_NO_TIME\]: the first lines of .*in\.jsonl .* "ts"\nhint: A time is /);
    const unreadable = '{"ts":"yesterday"}\n{"ts":7}\n{}\n';
    expect(messagesOf(replay(unreadable)).map(({ time }) => time)).toEqual([5, 5, 5]);
    expect(messagesOf(replay(''))).toEqual([]);
  });

  test('refuses a key that none of the first messages has', () => {
    const replay = (text: string): ReplayStream => new ReplayStream({ path: fileOf(text), start: 5, keyField: 'client' });
    expect(() => replay('no json\n{"cleint":1}\n{}\n')).toThrow(
      /in\.jsonl:2:1: error\[REPLAY_FIELD_NOT_FOUND\]: there is no field "client" to be the message's key\n.*\n.*\nhint: Did you mean "cleint"\?$/,
    );
    expect(() => replay('{"n":1}')).toThrow('Name it by --key-field; there are: n.');
    const keys = messagesOf(replay('{"n":1}\nno json\n{"client":"a"}\n{"client":null}\n{"client":[1]}\n')).map(({ key }) => key);
    expect(keys).toEqual([null, null, 'a', null, '[1]']);
    const named = new ReplayStream({ path: fileOf('{"constructor":"Ferrari"}\n{}\n'), start: 5, keyField: 'constructor' });
    expect(messagesOf(named).map(({ key }) => key)).toEqual(['Ferrari', null]);
  });
});

describe('pace', () => {
  test('catches up at once, then sends each message when it is due', async () => {
    let now = start + 10_000;
    const sent: number[] = [];
    const naps: number[] = [];
    const count = await pace(weather({ end: start + 16_000 }), {
      clock: { now: () => now },
      sleep: async (ms) => {
        naps.push(ms);
        now += ms;
      },
      write: ([builder]) => {
        for (const { time } of recordsOf(builder)) {
          expect(time).toBeLessThanOrEqual(now);
          sent.push(time - start);
        }
      },
    });
    expect(sent.filter((time) => time <= 10_000).length).toBe(11);
    expect(sent.slice(11)).toEqual([12_000, 14_000, 15_000]);
    expect(count).toBe(14);
    expect(naps).toEqual([2000, 2000, 1000]);
  });

  test('a back-fill goes into a topic, and stops at the signal without losing what was sent', async () => {
    const store = openStore();
    const abort = new AbortController();
    const sent = await sendToTopic(weather({ rate: 1000, devices: 10 }), store, 't', {
      signal: abort.signal,
      asFastAsPossible: true,
      onSent: (count) => {
        if (count > 50_000) abort.abort();
      },
    });
    expect(sent).toBeGreaterThan(50_000);
    expect(store.topics.endOffset('t', 0)).toBe(sent);
    const records = store.topics.read('t', 0, sent - 1)!;
    expect(valueOf(records, 0)).toMatch(/^\{"client": "device\d+".*\}$/);
  });

  test('a signal ends the waiting', async () => {
    const abort = new AbortController();
    const sending = pace(weather({ start: Date.UTC(2999, 0) }), {
      write: () => expect.fail('nothing is due'),
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(), 20);
    expect(await sending).toBe(0);
  });
});
