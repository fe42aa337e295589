/**
 * Time zones with the rules of java.time. A zone is an IANA name, `UTC`, `GMT`, `Z`, `GMT+08:00`, `UTC+8` or `+08:00`; all
 * functions expect a known one. Offsets are milliseconds to add to UTC.
 */

/** True for a zone that Java's `ZoneId.of` accepts. Names are case-sensitive. */
export function isKnownZone(zone: string): boolean {
  return findZone(zone) !== undefined;
}

/**
 * The instant of a local time. Java's rule: of two instants (clocks were put back) the earlier; a local time that was skipped
 * (clocks were put forward) is moved later by as much as was skipped.
 */
export function localToInstant(zone: string, localMillis: number): number {
  return zoneOf(zone).toInstant(localMillis);
}

/** One zone, for a caller that converts many values: `zoneOf` looks it up once. */
export interface Zone {
  offsetAt(epochMillis: number): number;
  toInstant(localMillis: number): number;
}

const zones = new Map<string, Zone | undefined>();

/** The zone of a name. Throws a RangeError for an unknown one. */
export function zoneOf(name: string): Zone {
  const zone = findZone(name);
  if (zone === undefined) throw new RangeError(`unknown time zone '${name}'`);
  return zone;
}

function findZone(name: string): Zone | undefined {
  if (zones.has(name)) return zones.get(name);
  const zone = createZone(name);
  zones.set(name, zone);
  return zone;
}

const OFFSET = /^(?:UTC|GMT|UT)?([+-])(\d\d?)(?::?(\d\d)(?::?(\d\d))?)?$/;

function createZone(name: string): Zone | undefined {
  if (name === 'UTC' || name === 'GMT' || name === 'UT' || name === 'Z' || name === 'GMT0') return new FixedZone(0);
  const match = OFFSET.exec(name);
  if (match !== null) {
    const [hours, minutes, seconds] = [Number(match[2]), Number(match[3] ?? 0), Number(match[4] ?? 0)];
    const size = (hours * 3600 + minutes * 60 + seconds) * 1000;
    if (minutes > 59 || seconds > 59 || size > 18 * HOUR_MS) return undefined;
    return new FixedZone(match[1] === '-' ? -size : size);
  }
  if (!/^[A-Z][A-Za-z0-9_+\-/]+$/.test(name)) return undefined;
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    const resolved = format.resolvedOptions().timeZone;
    // Intl ignores case, Java does not.
    if (resolved !== name && resolved.toLowerCase() === name.toLowerCase()) return undefined;
    return new RuleZone(format);
  } catch {
    return undefined;
  }
}

const HOUR_MS = 3_600_000;

class FixedZone implements Zone {
  readonly #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  offsetAt(): number {
    return this.#offset;
  }

  toInstant(localMillis: number): number {
    return localMillis - this.#offset;
  }
}

/** Time is cut into spans of a bit more than a year, whose transitions are looked up once, when first needed. */
const SPAN_MS = 2 ** 35;
/** No zone changes its offset twice within so short a time. */
const PROBE_MS = 8 * 86_400_000;

/** `offsets[i]` holds from `starts[i]` to the next start. */
interface Span {
  readonly starts: readonly number[];
  readonly offsets: readonly number[];
}

class RuleZone implements Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #spans = new Map<number, Span>();
  // The stretch of constant offset that was last used.
  #from = 0;
  #to = 0;
  #offset = 0;

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  offsetAt(epochMillis: number): number {
    if (epochMillis >= this.#from && epochMillis < this.#to) return this.#offset;
    const number = Math.floor(epochMillis / SPAN_MS);
    let span = this.#spans.get(number);
    if (span === undefined) {
      span = this.#readSpan(number);
      this.#spans.set(number, span);
    }
    const { starts, offsets } = span;
    let i = starts.length - 1;
    while (starts[i] > epochMillis) i--;
    this.#from = starts[i];
    this.#to = i + 1 < starts.length ? starts[i + 1] : (number + 1) * SPAN_MS;
    this.#offset = offsets[i];
    return this.#offset;
  }

  toInstant(localMillis: number): number {
    // The usual case: far enough from every transition.
    const offset = this.#offset;
    const instant = localMillis - offset;
    if (instant >= this.#from + 26 * HOUR_MS && instant < this.#to - 26 * HOUR_MS) return instant;
    // Both in a gap and in an overlap the offset from before the transition is the one to take.
    const guess = localMillis - this.offsetAt(localMillis);
    const before = this.offsetAt(guess - 26 * HOUR_MS);
    const after = this.offsetAt(guess + 26 * HOUR_MS);
    if (before === after) return localMillis - before;
    const early = localMillis - before;
    const late = localMillis - after;
    return this.offsetAt(early) === before || this.offsetAt(late) !== after ? early : late;
  }

  #readSpan(number: number): Span {
    const start = number * SPAN_MS;
    const end = start + SPAN_MS;
    const starts = [start];
    const offsets = [this.#readOffset(start)];
    let last = start;
    while (last < end) {
      const next = Math.min(last + PROBE_MS, end);
      const offset = this.#readOffset(next === end ? end - 1000 : next);
      if (offset !== offsets[offsets.length - 1]) {
        starts.push(this.#transitionBetween(last, next, offset));
        offsets.push(offset);
      }
      last = next;
    }
    return { starts, offsets };
  }

  /** The first second at which the new offset holds. */
  #transitionBetween(from: number, to: number, newOffset: number): number {
    let low = Math.floor(from / 1000);
    let high = Math.ceil(to / 1000);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#readOffset(middle * 1000) === newOffset) high = middle;
      else low = middle;
    }
    return high * 1000;
  }

  #readOffset(epochMillis: number): number {
    // Beyond what JavaScript's dates can express the rules are those of the last year that they can.
    const instant = Math.min(Math.max(epochMillis, -8.64e15), 8.64e15);
    const match = /GMT(?:([+-])(\d\d?)(?::(\d\d))?(?::(\d\d))?)?$/.exec(this.#format.format(instant));
    if (match === null || match[1] === undefined) return 0;
    const size = (Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0)) * 1000;
    return match[1] === '-' ? -size : size;
  }
}
