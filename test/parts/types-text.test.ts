import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  civilOfDays,
  dateText,
  daysOfCivil,
  durationText,
  instantText,
  parseIsoTimestamp,
  parseSqlTimestamp,
  sqlTimestampText,
  timestampText,
} from '../../src/types/civil.ts';
import { MAX_NUMBER_LENGTH, putDouble } from '../../src/formats/number-bytes.ts';
import { decimalPlainText, decimalText, parseDecimal, rescale } from '../../src/types/decimal.ts';
import { doubleText, floatText, parseDouble, parseFloat32 } from '../../src/types/java-number.ts';
import { FineTimestamp, timestampOf } from '../../src/types/value.ts';
import { isKnownZone, localToInstant, zoneOf } from '../../src/functions/time-zone.ts';

const utc = (text: string): number => Date.parse(`${text}Z`);

describe('numbers as Java 17 writes them', () => {
  test.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [100, '100.0'],
    [0.001, '0.001'],
    [0.000999, '9.99E-4'],
    [9999999, '9999999.0'],
    [1e7, '1.0E7'],
    [1e-7, '1.0E-7'],
    [1e21, '1.0E21'],
    [5e-324, '4.9E-324'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
    // More digits than needed: integers beyond 2^53, powers of two, the tiniest numbers.
    [231845256772633248, '2.31845256772633248E17'],
    [2 ** 773, '4.9680578953622686E232'],
    [6.32e-322, '6.32E-322'],
  ])('DOUBLE %d', (value, text) => {
    expect(doubleText(value)).toBe(text);
  });

  test.each([
    [0.1, '0.1'],
    [21.5, '21.5'],
    [1 / 3, '0.33333334'],
    [3.3333336e-4, '3.3333336E-4'],
    [16777216, '1.6777216E7'],
    [1708.28125, '1708.2812'],
    [3.43419648e9, '3.43419648E9'],
    [1.4e-45, '1.4E-45'],
    [3.4028235e38, '3.4028235E38'],
  ])('FLOAT %d', (value, text) => {
    expect(floatText(Math.fround(value))).toBe(text);
  });

  test('reading what was written gives the same number', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(parseDouble(doubleText(value))).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.float(), (value) => {
        expect(parseFloat32(floatText(value))).toBe(value);
      }),
    );
  });

  test('encoders write the same bytes', () => {
    const number = fc
      .tuple(fc.integer(), fc.integer({ min: -16, max: 8 }))
      .map(([digits, power]) => Number(`${digits}e${power}`));
    const written = (value: number): string => {
      const bytes = Buffer.alloc(MAX_NUMBER_LENGTH + 1, '#');
      return bytes.toString('latin1', 1, putDouble(bytes, 1, value));
    };
    fc.assert(
      fc.property(fc.oneof(fc.double(), number, fc.double({ min: 1e-4, max: 2e7 })), (value) => {
        expect(written(value)).toBe(doubleText(value));
        expect(written(-value)).toBe(doubleText(-value));
      }),
      { numRuns: 2000 },
    );
  });

  test('a FLOAT is rounded once', () => {
    // The nearest double lies halfway between two floats.
    expect(parseFloat32('1.00000005960464477540')).toBe(1 + 2 ** -23);
    expect(parseFloat32('1.00000005960464477538')).toBe(1);
  });
});

describe('decimals', () => {
  test.each([
    [0n, 7, '0E-7', '0.0000000'],
    [123n, 2, '1.23', '1.23'],
    [-5n, 3, '-0.005', '-0.005'],
    [1n, 7, '1E-7', '0.0000001'],
    [-123n, 10, '-1.23E-8', '-0.0000000123'],
    [1n, 6, '0.000001', '0.000001'],
  ])('%d at scale %d', (unscaled, scale, text, plain) => {
    expect(decimalText(unscaled, scale)).toBe(text);
    expect(decimalPlainText(unscaled, scale)).toBe(plain);
  });

  test('are rounded half up, away from zero', () => {
    expect(rescale(125n, 2, 1)).toBe(13n);
    expect(rescale(-125n, 2, 1)).toBe(-13n);
    expect(rescale(124n, 2, 1)).toBe(12n);
    expect(parseDecimal('1.005', 10, 2)).toBe(101n);
    expect(parseDecimal('1e9', 5, 2)).toBeNull();
    expect(parseDecimal('1e-999999999', 5, 2)).toBe(0n);
    expect(parseDecimal('x', 5, 2)).toBeUndefined();
  });

  test('reading what was written gives the same number', () => {
    const numbers = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 0, max: 38 }), (unscaled, scale) => {
        expect(parseDecimal(decimalText(unscaled, scale), 38, scale)).toBe(unscaled);
      }),
    );
  });
});

describe('the calendar', () => {
  test('is the proleptic Gregorian one', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5_000_000, max: 5_000_000 }), (days) => {
        const { year, month, day } = civilOfDays(days);
        const date = new Date(days * 86_400_000);
        expect([year, month, day]).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);
        expect(daysOfCivil(year, month, day)).toBe(days);
      }),
    );
  });

  test('writes Java forms and SQL forms', () => {
    expect(timestampText(utc('2024-01-01T00:00:00'))).toBe('2024-01-01T00:00');
    expect(timestampText(utc('2024-01-01T00:00:01.500'))).toBe('2024-01-01T00:00:01.500');
    expect(timestampText(new FineTimestamp(utc('2024-01-01T00:00:00'), 1000))).toBe('2024-01-01T00:00:00.000001');
    expect(instantText(utc('2024-01-01T00:00:00'))).toBe('2024-01-01T00:00:00Z');
    expect(sqlTimestampText(utc('2024-01-01T00:00:00'), 3)).toBe('2024-01-01 00:00:00.000');
    expect(sqlTimestampText(utc('2024-01-01T00:00:00.120'), 0)).toBe('2024-01-01 00:00:00.12');
    expect(dateText(daysOfCivil(12345, 1, 2))).toBe('+12345-01-02');
    expect(dateText(daysOfCivil(-1, 1, 2))).toBe('-0001-01-02');
    expect(durationText(-1500)).toBe('PT-1.5S');
    expect(durationText(86_400_000)).toBe('PT24H');
  });

  test('reads what it wrote', () => {
    const instants = fc.tuple(
      fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
      fc.integer({ min: 0, max: 999_999 }),
    );
    fc.assert(
      fc.property(instants, ([millis, nanos]) => {
        const time = timestampOf(millis, nanos);
        expect(parseSqlTimestamp(sqlTimestampText(time, 9), 9)).toEqual(time);
        expect(parseIsoTimestamp(timestampText(time), 'ISO-8601')).toEqual(time);
      }),
    );
  });
});

describe('time zones', () => {
  test('skipped local times move on, repeated ones are the earlier', () => {
    const zone = 'Europe/Budapest';
    expect(localToInstant(zone, utc('2024-03-31T02:30:00'))).toBe(utc('2024-03-31T01:30:00'));
    expect(localToInstant(zone, utc('2024-10-27T02:30:00'))).toBe(utc('2024-10-27T00:30:00'));
    expect(localToInstant(zone, utc('2024-10-27T03:00:00'))).toBe(utc('2024-10-27T02:00:00'));
    expect(zoneOf('Asia/Kolkata').offsetAt(0)).toBe(5.5 * 3_600_000);
    expect(zoneOf('GMT-08:30').offsetAt(0)).toBe(-8.5 * 3_600_000);
  });

  test('are known by the names that Java knows', () => {
    expect(
      ['UTC', 'GMT', 'Asia/Tokyo', 'America/Argentina/Buenos_Aires', 'GMT+08:00', '+08:00', 'UTC+8', 'Z'].filter(
        (zone) => !isKnownZone(zone),
      ),
    ).toEqual([]);
    expect(['asia/tokyo', 'Mars/Olympus', '', '+25:00', 'GMT+8:61'].filter(isKnownZone)).toEqual([]);
  });
});
