import { HOUR_MS, MINUTE_MS } from '../types/civil.ts';
import { isKnownZone, zoneOf, type Zone } from './time-zone.ts';

/** Time zones as java.util and java.text name them, beyond what java.time does. */

export interface NamedZone {
  readonly name: string;
  readonly zone: Zone;
}

export const namedZone = (name: string): NamedZone => ({ name, zone: zoneOf(name) });

/** `java.util.TimeZone.getTimeZone`: what it does not know is GMT. */
export function lenientZone(name: string): NamedZone {
  const old = OLD_ZONES.get(name);
  if (old !== undefined) return namedZone(old);
  const offset = /^GMT([+-])(\d\d?)(?::?(\d\d))?$/.exec(name);
  if (offset !== null) {
    const isValid = Number(offset[2]) <= 23 && Number(offset[3] ?? 0) <= 59;
    return namedZone(isValid ? `GMT${offset[1]}${offset[2].padStart(2, '0')}:${offset[3] ?? '00'}` : 'GMT');
  }
  return namedZone(
    /^[A-Za-z]/.test(name) && !name.startsWith('UTC+') && !name.startsWith('UTC-') && isKnownZone(name) ? name : 'GMT',
  );
}

const OLD_ZONES = new Map([
  ['ACT', 'Australia/Darwin'],
  ['AET', 'Australia/Sydney'],
  ['ART', 'Africa/Cairo'],
  ['AST', 'America/Anchorage'],
  ['BET', 'America/Sao_Paulo'],
  ['BST', 'Asia/Dhaka'],
  ['CAT', 'Africa/Harare'],
  ['CNT', 'America/St_Johns'],
  ['CST', 'America/Chicago'],
  ['CTT', 'Asia/Shanghai'],
  ['EAT', 'Africa/Addis_Ababa'],
  ['ECT', 'Europe/Paris'],
  ['EST', 'GMT-05:00'],
  ['HST', 'GMT-10:00'],
  ['IET', 'America/Indiana/Indianapolis'],
  ['IST', 'Asia/Kolkata'],
  ['JST', 'Asia/Tokyo'],
  ['MIT', 'Pacific/Apia'],
  ['MST', 'GMT-07:00'],
  ['NET', 'Asia/Yerevan'],
  ['NST', 'Pacific/Auckland'],
  ['PLT', 'Asia/Karachi'],
  ['PNT', 'America/Phoenix'],
  ['PRT', 'America/Puerto_Rico'],
  ['PST', 'America/Los_Angeles'],
  ['SST', 'Pacific/Guadalcanal'],
  ['VST', 'Asia/Ho_Chi_Minh'],
]);

/** An offset from UTC, and how many characters said it. */
export interface OffsetText {
  readonly millis: number;
  readonly length: number;
}

/** `Z`, `+02`, `+0200` or `+02:00` at the start of the text, by the number of letters X. */
export function isoOffset(text: string, count: number): OffsetText | undefined {
  if (text.startsWith('Z')) return { millis: 0, length: 1 };
  const match = [/^([+-])(\d\d)/, /^([+-])(\d\d)(\d\d)/, /^([+-])(\d\d):(\d\d)/][count - 1].exec(text);
  return match === null ? undefined : offsetOf(match);
}

function offsetOf(match: RegExpExecArray): OffsetText | undefined {
  const [hours, minutes] = [Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23 || minutes > 59) return undefined;
  const millis = (hours * 60 + minutes) * MINUTE_MS;
  return { millis: match[1] === '-' ? -millis : millis, length: match[0].length };
}

/** Hours that the short names of zones, which only English-speaking and European ones have, are ahead of UTC. */
const ZONE_HOURS: { readonly [name: string]: number } = {
  UTC: 0,
  GMT: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  WET: 0,
  WEST: 1,
  CET: 1,
  CEST: 2,
  EET: 2,
  EEST: 3,
  JST: 9,
};

/** `+0200`, `GMT+02:00` or a short name at the start of the text. */
export function zoneOffset(text: string): OffsetText | undefined {
  const numeric = /^([+-])(\d\d?):?(\d\d)/.exec(text);
  if (numeric !== null) return offsetOf(numeric);
  const gmt = /^GMT([+-])(\d\d?):(\d\d)/i.exec(text);
  if (gmt !== null) return offsetOf(gmt);
  const word = /^[A-Za-z]+/.exec(text)?.[0];
  if (word === undefined || /^GMT[+-]/i.test(text)) return undefined;
  const hours = ZONE_HOURS[word.toUpperCase()];
  return hours === undefined ? undefined : { millis: hours * HOUR_MS, length: word.length };
}
