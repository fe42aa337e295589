import type { Zone } from '../functions/time-zone.ts';
import { DAY_MS, daysOfCivil, HOUR_MS, MINUTE_MS } from '../types/civil.ts';

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/**
 * The instant that a text such as `2024-05-12 02:11:00`, `2024-05-12T02:11:00.5Z` or `2024-05-12` names; without zone it is a
 * time of `zone`. NaN when it is no such text.
 */
export function parseDateText(text: string, zone: Zone): number {
  const match = PATTERN.exec(text);
  if (match === null) return NaN;
  const [, year, month, day, hours = '0', minutes = '0', seconds = '0', fraction = '', offset] = match;
  if (!isTime(Number(month), Number(day), Number(hours), Number(minutes), Number(seconds))) return NaN;
  const millis = Number(fraction.padEnd(3, '0').slice(0, 3));
  const time = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS + Number(seconds) * 1000 + millis;
  const local = daysOfCivil(Number(year), Number(month), Number(day)) * DAY_MS + time;
  if (offset === undefined) return zone.toInstant(local);
  return offset === 'Z' ? local : local - offsetMillis(offset);
}

const isTime = (month: number, day: number, hours: number, minutes: number, seconds: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && day <= 31 && hours < 24 && minutes < 60 && seconds < 60;

function offsetMillis(offset: string): number {
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  const size = Number(digits.slice(0, 2)) * HOUR_MS + Number(digits.slice(2)) * MINUTE_MS;
  return offset.startsWith('-') ? -size : size;
}
