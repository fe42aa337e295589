/** Numbers and times as people read them. */

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const fixed = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** `12,345` below a million, then `1.2M`. */
export const countText = (count: number): string => (Math.abs(count) < 1_000_000 ? plain.format(count) : compact.format(count));
/** An average: two decimals, so that a column of them stands in line. */
export const averageText = (value: number | null): string => (value === null ? '–' : fixed.format(value));
export const numberText = (value: number | null): string => (value === null ? '–' : plain.format(value));
export const rateText = (perSecond: number): string =>
  `${perSecond >= 100 ? countText(Math.round(perSecond)) : plain.format(Math.round(perSecond * 10) / 10)}/s`;
export const percentText = (share: number): string => `${Math.round(share * 100)} %`;

export function bytesText(bytes: number | null): string {
  if (bytes === null) return '–';
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function durationText(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 0) return `-${durationText(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

let zone = 'UTC';
const formats = new Map<string, Intl.DateTimeFormat>();

export const timeZone = (): string => zone;

/** The zone in which all times are shown: the server's, in which it reads times without one. */
export function setTimeZone(timeZone: string): void {
  if (zone === timeZone) return;
  zone = timeZone;
  formats.clear();
}

function format(name: string, options: Intl.DateTimeFormatOptions, time: number): string {
  const known = formats.get(name) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options });
  formats.set(name, known);
  return known.format(time);
}

export const clockText = (time: number): string =>
  format('clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' }, time);
export const minuteText = (time: number): string => format('minute', { hour: '2-digit', minute: '2-digit' }, time);
export const dayText = (time: number): string => format('day', { day: 'numeric', month: 'short' }, time);
export const dateTimeText = (time: number | null): string =>
  time === null
    ? '–'
    : `${format('date', { year: 'numeric', month: '2-digit', day: '2-digit' }, time).split('/').reverse().join('-')} ${clockText(time)}`;

/** To the millisecond where the time has such: what a query answers must not be rounded. */
export function timestampText(time: number): string {
  const millis = ((time % 1000) + 1000) % 1000;
  return millis === 0 ? dateTimeText(time) : `${dateTimeText(time)}.${String(millis).padStart(3, '0')}`;
}

/** How far the zone is ahead of UTC at an instant, in milliseconds. */
export function zoneOffset(time: number): number {
  const whole = Math.floor(time / 1000) * 1000;
  return Date.parse(`${dateTimeText(whole).replace(' ', 'T')}Z`) - whole;
}

/** As inputs of type datetime-local have it: a time of the zone, without telling it. */
export const localText = (time: number): string => dateTimeText(time).replace(' ', 'T');

/** The instant of a local time of the zone, NaN for what is none. Of an hour that comes twice, the second. */
export function parseLocal(text: string): number {
  const local = Date.parse(`${text}Z`);
  if (Number.isNaN(local)) return NaN;
  const guess = local - zoneOffset(local);
  return local - zoneOffset(guess);
}

/** A name from a message on one line, for canvas: without marks that charts would take for formatting, and cut. */
export function nameText(name: string): string {
  const line = name.replace(/\s+/g, ' ').replaceAll('{', '{\u200b');
  return line.length > MOST_NAME ? `${line.slice(0, MOST_NAME)}…` : line;
}
const MOST_NAME = 80;

/** For the axis of a chart that spans `ms`. */
export function axisText(time: number, ms: number): string {
  if (ms <= 10 * 60_000) return clockText(time);
  if (ms <= 2 * 86_400_000) return minuteText(time);
  return `${dayText(time)} ${minuteText(time)}`;
}
