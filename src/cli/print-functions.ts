import { aggregateNames, findAggregate } from '../functions/aggregates/registry.ts';
import { findFunction, functionNames } from '../functions/registry.ts';
import { nearest } from '../base/nearest.ts';
import { ProblemsError } from '../base/problem.ts';

interface Entry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly examples: readonly (readonly [string, string])[];
}

/** Prints what there is to know of functions; with names, of those whose name holds one of them. */
export function printFunctions(names: readonly string[]): void {
  const entries = allEntries();
  const wanted = names.map((name) => name.toUpperCase());
  for (const name of wanted) if (!entries.some((entry) => isMeant(entry, name))) throw unknownFunction(name, entries);
  const shown = wanted.length === 0 ? entries : entries.filter((entry) => wanted.some((name) => isMeant(entry, name)));
  process.stdout.write(shown.map(entryText).join('\n'));
}

function allEntries(): Entry[] {
  const entries = new Map<string, Entry>();
  const add = ({ name, aliases = [], summary, examples = [] }: Omit<Entry, 'aliases' | 'examples'> & Partial<Entry>): void => {
    entries.set(name, { name, aliases, summary, examples });
  };
  for (const name of functionNames()) add(findFunction(name)!);
  for (const name of aggregateNames()) add(findAggregate(name)!);
  // Names with a dollar are those of the planner, which no query can write.
  return [...entries.values()].filter(({ name }) => !name.startsWith('$')).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isMeant = (entry: Entry, name: string): boolean => [entry.name, ...entry.aliases].some((own) => own.includes(name));

function entryText({ name, aliases, summary, examples }: Entry): string {
  const others = aliases.length > 0 ? ` (also ${aliases.join(', ')})` : '';
  return [`${name}${others}: ${summary}`, ...examples.map(([sql, printed]) => `  ${sql} → ${printed}`), ''].join('\n');
}

function unknownFunction(name: string, entries: readonly Entry[]): ProblemsError {
  const near = nearest(
    name,
    entries.flatMap((entry) => [entry.name, ...entry.aliases]),
  );
  const hint = near === undefined ? 'isobar functions shows all there are.' : `Did you mean ${near}?`;
  return new ProblemsError([{ code: 'FUNCTION_NOT_FOUND', message: `there is no function "${name}"`, hint }]);
}
