import type { IntervalNode, StringToken } from './ast.ts';
import type { Cursor } from './cursor.ts';

const units = ['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND'] as const;
const dayTimeUnits: readonly string[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];

interface IntervalQualifier {
  readonly from: string;
  readonly to?: string;
  /** Leading precision and fraction's precision, as far as the units have them; empty when none is written. */
  readonly precisions: readonly number[];
}

/** INTERVAL [-] '1 02:03' DAY TO MINUTE; the word INTERVAL is taken. `textPlace` holds the quotes, if there are any. */
export function parseInterval(cursor: Cursor, start: number): IntervalNode {
  const negative = cursor.acceptSymbol('-');
  if (!negative) cursor.acceptSymbol('+');
  const text = parseLength(cursor, negative);
  const { from, to } = parseIntervalQualifier(cursor);
  return {
    kind: 'interval',
    place: cursor.placeFrom(start),
    negative,
    text: text.value,
    textPlace: text.place,
    from,
    ...(to !== undefined && { to }),
  };
}

/** Flink takes a bare whole number too: INTERVAL 5 MINUTE. */
function parseLength(cursor: Cursor, negative: boolean): StringToken {
  const { kind, text, start, end } = cursor.token;
  if (kind === 'number' && !negative && /^\d+$/.test(text)) {
    cursor.next();
    return { value: text, place: { start, end } };
  }
  const what = "the interval's length in single quotes";
  if (kind === 'number')
    cursor.unexpected(what, [], `Put the number in single quotes: INTERVAL ${negative ? '-' : ''}'${text}' …`);
  return cursor.string(what);
}

/** DAY, YEAR TO MONTH, DAY(3) TO SECOND(2), SECOND(2, 3), HOURS … */
export function parseIntervalQualifier(cursor: Cursor): IntervalQualifier {
  const { token: first } = cursor;
  const from = intervalUnit(cursor);
  const leading = parsePrecisions(cursor, from === 'SECOND' ? 2 : 1);
  if (!cursor.acceptWord('TO')) {
    const fraction = from === 'SECOND' && leading.length === 1 ? [6] : [];
    return { from, precisions: leading.length === 0 ? [] : [...leading, ...fraction] };
  }
  const to = intervalUnit(cursor);
  const rising = dayTimeUnits.indexOf(from) < dayTimeUnits.indexOf(to) && dayTimeUnits.includes(from);
  if (!(from === 'YEAR' && to === 'MONTH') && !rising) {
    cursor.fail({
      code: 'SQL_SYNTAX',
      message: `an interval cannot go from ${from} to ${to}`,
      place: { start: first.start, end: cursor.lastEnd },
      hint: 'Ranges are YEAR TO MONTH, and from DAY, HOUR or MINUTE to a smaller one of HOUR, MINUTE and SECOND.',
    });
  }
  const fraction = to === 'SECOND' ? parsePrecisions(cursor, 1) : [];
  if (leading.length === 0 && fraction.length === 0) return { from, to, precisions: [] };
  return { from, to, precisions: [leading[0] ?? 2, ...(to === 'SECOND' ? [fraction[0] ?? 6] : [])] };
}

function intervalUnit(cursor: Cursor): string {
  const { kind, text } = cursor.token;
  const singular = kind === 'word' && text.endsWith('S') ? text.slice(0, -1) : text;
  if (kind !== 'word' || !(units as readonly string[]).includes(singular)) {
    cursor.unexpected("the interval's unit", units, "Name the unit behind the number: INTERVAL '5' MINUTE.");
  }
  cursor.next();
  return singular;
}

function parsePrecisions(cursor: Cursor, maximum: number): number[] {
  if (!cursor.isSymbol('(')) return [];
  const open = cursor.next();
  const precisions = [cursor.integer('a precision')];
  if (maximum === 2 && cursor.acceptSymbol(',')) precisions.push(cursor.integer('a precision'));
  cursor.expectClose(')', open);
  return precisions;
}
