import type { JsonFieldFinder } from './json-field-finder.ts';

/** How records are written: their fields, and what stands in front of each value, as `, "name": `. */
export interface JsonLayout {
  /** All fields of the table in the order in which records hold them. */
  readonly order: readonly number[];
  /** By field, the bytes from the comma or the opening brace in front of its name until its value; at least five. */
  readonly leads: readonly Buffer[];
}

/** Fields as the table has them, and no space. */
export function plainLayout(names: readonly string[]): JsonLayout {
  return {
    order: names.map((_, k) => k),
    leads: names.map((name, k) => Buffer.from(`${k === 0 ? '{' : ','}"${name}":`, 'utf8')),
  };
}

/** The layout of a record; undefined for one that is not plain or holds none of the fields. */
export function recordLayout(
  names: readonly string[],
  finder: JsonFieldFinder,
  bytes: Uint8Array,
  start: number,
  end: number,
): JsonLayout | undefined {
  const order: number[] = [];
  const leads: Buffer[] = [];
  for (let at = start; at >= 0;) {
    const field = finder.nextField(bytes, at, end, at === start);
    if (field === names.length) return order.length === 0 ? undefined : { order: withAll(names, order, leads), leads };
    if (field < 0 || leads[field] !== undefined) return undefined;
    order.push(field);
    leads[field] = Buffer.from(bytes.subarray(finder.leadStart, finder.position));
    at = finder.behindValue(bytes, finder.position, end);
  }
  return undefined;
}

export function isSameLayout(a: JsonLayout, b: JsonLayout): boolean {
  return a.order.every((field, i) => field === b.order[i]) && a.leads.every((lead, field) => lead.equals(b.leads[field]));
}

/** The fields that the record lacks are expected behind those that come before them in the table, written as the last one is. */
function withAll(names: readonly string[], order: readonly number[], leads: Buffer[]): number[] {
  const all = [...order];
  const last = order[order.length - 1];
  const [before, behind] = leads[last].toString('latin1').split(Buffer.from(`"${names[last]}"`, 'utf8').toString('latin1'));
  names.forEach((name, field) => {
    if (leads[field] !== undefined) return;
    leads[field] = Buffer.concat([
      Buffer.from(before.replace('{', ','), 'latin1'),
      Buffer.from(`"${name}"`, 'utf8'),
      Buffer.from(behind, 'latin1'),
    ]);
    all.splice(field === 0 ? 0 : all.indexOf(field - 1) + 1, 0, field);
  });
  return all;
}
