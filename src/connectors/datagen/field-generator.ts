import { assert } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import { DAY_MS, dayOfMillis } from '../../types/civil.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';
import { numberLimits, type FieldSettings, type RandomSettings } from './bind-field.ts';

/** Row `row`'s value of one field; `now` is the local time in milliseconds since 1970, `instant` the same as UTC. */
export type FieldGenerator = (row: number, now: number, instant: number) => Value;

export function fieldGeneratorOf(type: SqlType, settings: FieldSettings, random: Random): FieldGenerator {
  return settings.kind === 'random' ? randomGenerator(type, settings, random) : sequenceGenerator(type, BigInt(settings.start));
}

/** How many rows a field has, Infinity without end. */
export function rowsOf(settings: FieldSettings): number {
  return settings.kind === 'random' ? Infinity : Math.max(0, Number(BigInt(settings.end) - BigInt(settings.start)) + 1);
}

function sequenceGenerator(type: SqlType, start: bigint): FieldGenerator {
  const first = Number(start);
  switch (type.kind) {
    case 'BIGINT':
      return (row) => start + BigInt(row);
    case 'DECIMAL': {
      const unit = 10n ** BigInt(type.scale);
      return (row) => (start + BigInt(row)) * unit;
    }
    case 'CHAR':
    case 'VARCHAR':
      return (row) => String(start + BigInt(row));
    case 'TINYINT':
      return (row) => ((first + row) << 24) >> 24;
    case 'SMALLINT':
      return (row) => ((first + row) << 16) >> 16;
    case 'INTEGER':
      return (row) => (first + row) | 0;
    case 'FLOAT':
      return (row) => Math.fround(first + row);
    default:
      return (row) => first + row;
  }
}

function randomGenerator(type: SqlType, settings: RandomSettings, random: Random): FieldGenerator {
  const value = valueGenerator(type, settings, random);
  const { nullRate } = settings;
  if (nullRate === 0) return value;
  return (row, now, instant) => (random.double() < nullRate ? null : value(row, now, instant));
}

function valueGenerator(type: SqlType, settings: RandomSettings, random: Random): FieldGenerator {
  const { length = 0, varLen = false, maxPastMs = 0 } = settings;
  const size = (): number => (varLen ? random.integer(1, length) : length);
  const parts = partGenerators(type, settings, random);
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER': {
      const [min, max] = rangeOf(type, settings).map(Number);
      return () => random.integer(min, max);
    }
    case 'BIGINT': {
      const [min, max] = rangeOf(type, settings).map(BigInt);
      const count = max - min + 1n;
      return () => min + ((randomBits(random) * count) >> 64n);
    }
    case 'FLOAT':
    case 'DOUBLE': {
      const [min, max] = rangeOf(type, settings).map(Number);
      const isFloat = type.kind === 'FLOAT';
      // Not min + share * (max - min): the difference may be too large for a double.
      return () => {
        const share = (random.double() * 0x100000 + random.double()) / 0x100000;
        const number = min * (1 - share) + max * share;
        return isFloat ? Math.fround(number) : number;
      };
    }
    case 'DECIMAL': {
      const unit = 10 ** Math.min(type.scale, 15);
      const rest = 10n ** BigInt(Math.max(0, type.scale - 15));
      const [min, max] = rangeOf(type, settings).map(Number);
      return () => BigInt(Math.round((min + random.double() * (max - min)) * unit)) * rest;
    }
    case 'BOOLEAN':
      return () => random.int32() < 0;
    case 'CHAR':
    case 'VARCHAR':
      return () => randomHex(random, size());
    case 'BINARY':
    case 'VARBINARY':
      return () => Uint8Array.from({ length: size() }, () => random.int32());
    case 'DATE':
      return (_row, now) => dayOfMillis(now);
    case 'TIME':
      return (_row, now) => now - dayOfMillis(now) * DAY_MS;
    case 'TIMESTAMP':
      return (_row, now) => now - Math.floor(random.double() * maxPastMs);
    case 'TIMESTAMP_LTZ':
      return (_row, _now, instant) => instant - Math.floor(random.double() * maxPastMs);
    case 'ARRAY':
      return (...at) => Array.from({ length }, () => parts[0](...at));
    case 'MULTISET':
      return (...at) => new Map(Array.from({ length }, () => [parts[0](...at), random.integer(1, 10)]));
    case 'MAP':
      return (...at) => new Map(Array.from({ length }, () => [parts[0](...at), parts[1](...at)]));
    case 'ROW':
      return (...at) => parts.map((part) => part(...at));
    default:
      return (assert(false, `datagen makes no ${type.kind}`), () => null);
  }
}

function partGenerators(type: SqlType, { parts = [] }: RandomSettings, random: Random): FieldGenerator[] {
  const types =
    type.kind === 'ROW'
      ? type.fields.map((field) => field.type)
      : type.kind === 'MAP'
        ? [type.key, type.value]
        : type.kind === 'ARRAY' || type.kind === 'MULTISET'
          ? [type.element]
          : [];
  return types.map((partType, i) => randomGenerator(partType, parts[i], random));
}

function rangeOf(type: SqlType, { min, max }: RandomSettings): readonly [string, string] {
  const [least, most] = numberLimits(type)!;
  return [min ?? least, max ?? most];
}

/** 64 random bits. */
function randomBits(random: Random): bigint {
  return (BigInt(random.int32() >>> 0) << 32n) | BigInt(random.int32() >>> 0);
}

function randomHex(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += (random.int32() >>> 0).toString(16).padStart(8, '0');
  return text.slice(0, length);
}
