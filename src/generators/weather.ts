import { assert } from '../base/assert.ts';
import { partitionOfKey } from '../connectors/kafka/partitioner.ts';
import type { RecordBlobBuilder } from '../connectors/local/record-blob.ts';
import { DeviceSchedule } from './device-schedule.ts';
import { LocalTimeBytes, systemZone, TIME_BYTES, type Zone } from './local-time-bytes.ts';
import { MALFORMED_WEATHER } from './malformed.ts';
import type { MessageStream } from './message-stream.ts';
import { Random } from '../base/random.ts';

/** Times are milliseconds, absolute ones since 1970 UTC; shares are from 0 to 1. */
export interface WeatherOptions {
  /** `device1` … `deviceN`; default 3. */
  readonly devices?: number;
  /** How often each device sends, repeated over the devices; default 2, 5 and 10 seconds. */
  readonly periodsMs?: readonly number[];
  /** Messages per second of all devices together: the periods are scaled to it. Without it they are as they are. */
  readonly rate?: number;
  /** The same seed gives the same messages; default 1. */
  readonly seed?: number;
  /** When the first messages are sent: in the past for a back-fill. */
  readonly start: number;
  /** No message is sent at this time or later; default never. */
  readonly end?: number;
  /** At most so many messages; default no limit. */
  readonly count?: number;
  /** The zone of `ts`; default the computer's. */
  readonly zone?: Zone;
  /** Share of messages that were measured up to `outOfOrderMs` (default 4 s) before they are sent: within a watermark of 5 s. */
  readonly outOfOrder?: number;
  readonly outOfOrderMs?: number;
  /** Share of messages measured `lateMinMs` … `lateMaxMs` (default 2 … 5 minutes) before they are sent. */
  readonly late?: number;
  readonly lateMinMs?: number;
  readonly lateMaxMs?: number;
  /** Share of messages that are broken, in turn in each of several ways. */
  readonly malformed?: number;
}

const DEFAULT_PERIODS_MS = [2000, 5000, 10_000];

const TEXT = new TextEncoder();
const AFTER_TIME = TEXT.encode('", "temperature": ');
const AFTER_TEMPERATURE = TEXT.encode(', "humidity": ');
/** More bytes than any message has behind its device's name. */
const ROOM = 128;
const ZERO = 48;
const POINT = 46;
const CLOSING_BRACE = 125;

/**
 * The weather messages of some devices, each on its own, keyed by the device's name:
 * `{"client": "device1", "ts": "2024-05-12 02:11:37", "temperature": 19.38, "humidity": 57.09}`. `ts` is local wall time;
 * temperature is uniform in 0–35 °C, humidity in 40–90 %. Each device has random numbers of its own, so what it sends does
 * not depend on the others.
 */
export class WeatherStream implements MessageStream {
  readonly #schedule: DeviceSchedule;
  readonly #periods: Float64Array;
  readonly #randoms: readonly Random[];
  readonly #beginnings: readonly Uint8Array[];
  readonly #keys: readonly Uint8Array[];
  readonly #localTime: LocalTimeBytes;
  readonly #end: number;
  #left: number;
  readonly #malformedBelow: number;
  readonly #lateBelow: number;
  readonly #outOfOrderBelow: number;
  readonly #outOfOrderMs: number;
  readonly #lateMinMs: number;
  readonly #lateMaxMs: number;
  #malformedSent = 0;
  /** The partition of each device, for the number of partitions last filled. */
  #partitions: Int32Array = new Int32Array(0);
  #partitionCount = 0;

  constructor(options: WeatherOptions) {
    const { devices = 3, periodsMs = DEFAULT_PERIODS_MS, seed = 1, malformed = 0, late = 0, outOfOrder = 0 } = options;
    assert(devices >= 1 && periodsMs.length > 0 && periodsMs.every((period) => period > 0), 'devices and periods are positive');
    assert(malformed + late + outOfOrder <= 1, 'shares add up to at most 1');
    const names = Array.from({ length: devices }, (_, i) => `device${i + 1}`);
    this.#keys = names.map((name) => TEXT.encode(name));
    this.#beginnings = names.map((name) => TEXT.encode(`{"client": "${name}", "ts": "`));
    this.#randoms = names.map((_, i) => new Random(seed, i));
    this.#periods = Float64Array.from(names, (_, i) => periodsMs[i % periodsMs.length]);
    if (options.rate !== undefined) {
      const rate = this.#periods.reduce((sum, period) => sum + 1000 / period, 0);
      this.#periods = this.#periods.map((period) => (period * rate) / options.rate!);
    }
    // Many devices with the same period do not all send at once.
    const rounds = Math.ceil(devices / periodsMs.length);
    const phase = (i: number): number => (Math.floor(i / periodsMs.length) / rounds) * this.#periods[i];
    this.#schedule = new DeviceSchedule(Float64Array.from(names, (_, i) => options.start + phase(i)));
    this.#localTime = new LocalTimeBytes(options.zone ?? systemZone);
    this.#end = options.end ?? Infinity;
    this.#left = options.count ?? Infinity;
    this.#malformedBelow = malformed;
    this.#lateBelow = malformed + late;
    this.#outOfOrderBelow = malformed + late + outOfOrder;
    this.#outOfOrderMs = options.outOfOrderMs ?? 4000;
    this.#lateMinMs = options.lateMinMs ?? 2 * 60_000;
    this.#lateMaxMs = options.lateMaxMs ?? 5 * 60_000;
  }

  nextTime(): number {
    const { time } = this.#schedule;
    return this.#left > 0 && time < this.#end ? time : Infinity;
  }

  fill(partitions: readonly RecordBlobBuilder[], until: number, limit: number): number {
    if (this.#partitionCount !== partitions.length) this.#assignPartitions(partitions.length);
    const schedule = this.#schedule;
    const most = Math.min(limit, this.#left);
    let filled = 0;
    while (filled < most) {
      const { time, device } = schedule;
      if (time > until || time >= this.#end) break;
      const builder = partitions[this.#partitions[device]];
      if (builder.isFull) break;
      this.#append(builder, device, time);
      schedule.reschedule(time + this.#periods[device]);
      filled++;
    }
    this.#left -= filled;
    return filled;
  }

  #append(builder: RecordBlobBuilder, device: number, time: number): void {
    const random = this.#randoms[device];
    const fate = random.double();
    const delayShare = random.double();
    const temperature = random.integer(0, 3500);
    const humidity = random.integer(4000, 9000);
    const key = this.#keys[device];
    builder.appendKey(key);
    if (fate < this.#malformedBelow) {
      const malformed = MALFORMED_WEATHER[this.#malformedSent++ % MALFORMED_WEATHER.length];
      builder.appendValue(TEXT.encode(malformed(`device${device + 1}`, this.#localTime.text(time))));
    } else {
      let measured = time;
      if (fate < this.#lateBelow) measured -= this.#lateMinMs + delayShare * (this.#lateMaxMs - this.#lateMinMs);
      else if (fate < this.#outOfOrderBelow) measured -= delayShare * this.#outOfOrderMs;
      this.#appendMeasurement(builder, device, measured, temperature, humidity);
    }
    builder.end(Math.floor(time), false, false);
  }

  /** Temperature and humidity in hundredths. */
  #appendMeasurement(builder: RecordBlobBuilder, device: number, time: number, temperature: number, humidity: number): void {
    const beginning = this.#beginnings[device];
    builder.reserve(beginning.length + ROOM);
    const { bytes } = builder;
    let at = copy(beginning, bytes, builder.length);
    this.#localTime.write(time, bytes, at);
    at = copy(AFTER_TIME, bytes, at + TIME_BYTES);
    at = copy(AFTER_TEMPERATURE, bytes, writeHundredths(temperature, bytes, at));
    at = writeHundredths(humidity, bytes, at);
    bytes[at++] = CLOSING_BRACE;
    builder.length = at;
  }

  #assignPartitions(count: number): void {
    this.#partitionCount = count;
    this.#partitions = Int32Array.from(this.#keys, (key) => partitionOfKey(key, 0, key.length, count));
  }
}

function copy(from: Uint8Array, to: Uint8Array, at: number): number {
  for (let i = 0; i < from.length; i++) to[at + i] = from[i];
  return at + from.length;
}

/** 1938 as `19.38`, below 10000. */
function writeHundredths(value: number, to: Uint8Array, at: number): number {
  const whole = (value / 100) | 0;
  if (whole >= 10) to[at++] = ZERO + ((whole / 10) | 0);
  to[at] = ZERO + (whole % 10);
  to[at + 1] = POINT;
  to[at + 2] = ZERO + (((value / 10) | 0) % 10);
  to[at + 3] = ZERO + (value % 10);
  return at + 4;
}
