import { UNCLEAR, type JsonFieldFinder } from './json-field-finder.ts';

/** A message that says how others are written may have so many fields, and so much in front of a value. */
const MAX_STEPS = 200;
const MAX_LEAD_BYTES = 256;

/** One field of a record, as they follow each other. */
export interface LayoutStep {
  /** Which of the table's fields it is; negative for one that the table does not have. */
  readonly field: number;
  /** The bytes between the value before, or the record's start, and its value: for example `, "name": `. At least four. */
  readonly lead: Buffer;
}

/** How records are written. Every field of the table is in it. */
export type JsonLayout = readonly LayoutStep[];

/** Fields as the table has them, and no space. */
export function plainLayout(names: readonly string[]): JsonLayout {
  return names.map((name, field) => ({ field, lead: Buffer.from(`${field === 0 ? '{' : ','}"${name}":`, 'utf8') }));
}

/** The layout of a record; undefined for one that is not plain, is unusual, or holds none of the fields. */
export function recordLayout(
  names: readonly string[],
  finder: JsonFieldFinder,
  bytes: Uint8Array,
  start: number,
  end: number,
): JsonLayout | undefined {
  const steps: LayoutStep[] = [];
  for (let at = start; at >= 0 && steps.length <= MAX_STEPS;) {
    const field = finder.next(bytes, at, end, at === start);
    if (field === names.length) return withAll(names, steps);
    const lead = Buffer.from(bytes.subarray(at, Math.min(finder.position, at + MAX_LEAD_BYTES + 1)));
    if (field === UNCLEAR || lead.length > MAX_LEAD_BYTES || (field >= 0 && steps.some((step) => step.field === field)))
      return undefined;
    steps.push({ field, lead });
    at = finder.behindValue(bytes, finder.position, end);
  }
  return undefined;
}

/**
 * A record has all fields of a layout and no others, written as the layout says. False, too, for a record that is not plain: one
 * with text beyond ASCII, for example.
 */
export function followsLayout(
  layout: JsonLayout,
  names: readonly string[],
  finder: JsonFieldFinder,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let at = start;
  for (let i = 0; i < layout.length; i++) {
    const { field, lead } = layout[i];
    if (finder.next(bytes, at, end, i === 0) !== field || finder.position - at !== lead.length) return false;
    for (let k = 0; k < lead.length; k++) if (lead[k] !== bytes[at + k]) return false;
    at = finder.skipValue(bytes, finder.position, end);
    if (at < 0) return false;
  }
  return finder.next(bytes, at, end, false) === names.length;
}

export function isSameLayout(a: JsonLayout, b: JsonLayout): boolean {
  return a.length === b.length && a.every(({ field, lead }, i) => field === b[i].field && lead.equals(b[i].lead));
}

/** The fields that the record lacks are expected behind those that come before them in the table, written as the last known one is. */
function withAll(names: readonly string[], found: readonly LayoutStep[]): JsonLayout | undefined {
  const last = found.findLast(({ field }) => field >= 0);
  if (last === undefined) return undefined;
  const quoted = (name: string): Buffer => Buffer.from(`"${name}"`, 'utf8');
  const nameAt = last.lead.indexOf(quoted(names[last.field]));
  const before = Buffer.from(last.lead.subarray(0, nameAt).toString('latin1').replace('{', ','), 'latin1');
  const behind = last.lead.subarray(nameAt + quoted(names[last.field]).length);
  const steps = [...found];
  names.forEach((name, field) => {
    if (steps.some((step) => step.field === field)) return;
    const lead = Buffer.concat([before, quoted(name), behind]);
    steps.splice(steps.findIndex((step) => step.field === field - 1) + 1, 0, { field, lead });
  });
  return steps;
}
