import { findAggregate } from '../../functions/aggregates/registry.ts';
import { findFunction } from '../../functions/registry.ts';
import { orList } from '../parse/cursor.ts';

/** Calls of aggregate functions that take more than one value; the registry has no examples of them. */
const AGGREGATE_CALLS: Readonly<Record<string, readonly string[]>> = {
  COUNT: ['COUNT(*)', 'COUNT(a)', 'COUNT(DISTINCT a)'],
  LISTAGG: ['LISTAGG(a)', "LISTAGG(a, '; ')"],
};

const MOST_SHOWN = 4;
const LONGEST_SHOWN = 120;

/** How a function or operator is called, in one line. */
export function usageOf(name: string): string | undefined {
  const calls = findFunction(name)?.examples.map(([sql]) => sql) ?? (findAggregate(name) && aggregateCalls(name));
  if (calls === undefined || calls.length === 0) return undefined;
  const shown = calls.filter((_, i) => i < MOST_SHOWN && calls.slice(0, i + 1).join(', ').length <= LONGEST_SHOWN);
  const more = /^[A-Z]\w*$/.test(name) ? ` See \`isobar functions ${name}\`.` : '';
  return `For example ${orList(shown.length === 0 ? calls.slice(0, 1) : shown)}.${more}`;
}

function aggregateCalls(name: string): readonly string[] {
  return AGGREGATE_CALLS[name] ?? [`${name}(a)`, `${name}(DISTINCT a)`];
}
