import { nearest } from '../base/nearest.ts';
import type { Place } from '../base/place.ts';
import { parseDurationMs, parseMemoryBytes } from './parse-quantity.ts';
import type { ReportProblem, TableDeclaration } from './connector.ts';

/** Options that every table takes, whatever its connector. `scan.watermark.*` are Flink's, for sources. */
const COMMON = ['connector', 'property-version'];

/**
 * Reads the options of one table and reports what is wrong with them, each at its place in the file. Which options there are
 * is what was asked for: `finish` refuses all others, so every option must be asked for whatever the rest says. A reader
 * answers its default after a mistake, so that all mistakes are found at once.
 */
export class OptionReader {
  readonly table: TableDeclaration;
  readonly report: ReportProblem;
  readonly #known = new Set<string>(COMMON);
  readonly #prefixes: string[] = [];
  /** Missing options that may be there misspelt, with their hints. */
  readonly #misspelt = new Map<string, string | undefined>();

  constructor(table: TableDeclaration, report: ReportProblem) {
    this.table = table;
    this.report = report;
  }

  /** The text of an option, or undefined when it is not set. */
  text(key: string): string | undefined {
    this.#known.add(key);
    return this.table.options.get(key)?.value;
  }

  /** As `text`, reporting when the option is not set; then ''. */
  required(key: string, hint?: string): string {
    const value = this.text(key);
    if (value !== undefined && value !== '') return value;
    if (value === '') this.invalid(key, 'must not be empty', hint);
    else this.missing(key, hint);
    return '';
  }

  /** One of `values`, ignoring case as Flink does. */
  oneOf<T extends string>(key: string, values: readonly T[], fallback: T): T {
    const text = this.text(key);
    if (text === undefined) return fallback;
    const found = values.find((value) => value === text.toLowerCase());
    if (found !== undefined) return found;
    const near = nearest(text, values);
    this.invalid(
      key,
      `is not one of ${values.join(', ')}`,
      near === undefined ? `Use one of: ${values.join(', ')}.` : `Did you mean '${near}'?`,
    );
    return fallback;
  }

  boolean(key: string, fallback: boolean): boolean {
    return this.oneOf(key, ['true', 'false'], fallback ? 'true' : 'false') === 'true';
  }

  /** A whole number within `min` … `max`; undefined (or the fallback) when not set. */
  integer(key: string, limits: { min?: number; max?: number } = {}): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const min = limits.min ?? Number.MIN_SAFE_INTEGER;
    const max = limits.max ?? Number.MAX_SAFE_INTEGER;
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && value >= min && value <= max) return value;
    this.invalid(key, 'is not a whole number' + rangeText(limits.min, limits.max));
    return undefined;
  }

  /** A duration as Flink writes it, `5 s`, `100ms`, `1 min`, in milliseconds, at least `min` of them. */
  durationMs(key: string, min = 0): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = parseDurationMs(text);
    if (value === undefined)
      this.invalid(key, 'is not a duration', `Write a number and a unit, for example '5 s', '500 ms', '10 min' or '1 h'.`);
    else if (value < min) this.invalid(key, `must be at least ${min} ms`);
    return value;
  }

  /** A size as Flink writes it, `2mb`, `128 kb`, in bytes. */
  memoryBytes(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = parseMemoryBytes(text);
    if (value === undefined)
      this.invalid(key, 'is not a size', `Write a number and a unit, for example '2mb', '512 kb' or '1 gb'.`);
    return value;
  }

  /** Options of Flink's that would change what the job does and that Isobar does not have. */
  unsupported(key: string, why: string, hint = 'Remove the option.'): void {
    this.#known.add(key);
    if (this.table.options.has(key)) {
      this.report('SQL_OPTION_UNSUPPORTED', `option '${key}' is not supported: ${why}`, this.#keyPlace(key), hint);
    }
  }

  /** Options whose keys begin with `prefix` belong to somebody else, who checks them. */
  claimPrefix(prefix: string): void {
    this.#prefixes.push(prefix);
  }

  /** Where the table has an option of nearly that name, it is left to `finish` to find out whether that is another one. */
  missing(key: string, hint?: string): void {
    const isMaybeMisspelt = [...this.table.options.keys()].some((other) => nearest(other, [key]) !== undefined);
    if (isMaybeMisspelt) this.#misspelt.set(key, hint);
    else this.#reportMissing(key, hint);
  }

  #reportMissing(key: string, hint = `Add '${key}' = '…' to the WITH clause.`): void {
    this.report('SQL_MISSING_OPTION', `table "${this.table.name}" needs the option '${key}'`, this.table.place, hint);
  }

  /** Reports the value of an option: `option 'k' = 'v' <what>`. */
  invalid(key: string, what: string, hint?: string): void {
    const value = this.table.options.get(key)?.value ?? '';
    this.report('SQL_OPTION_VALUE', `option '${key}' = '${shortened(value)}' ${what}`, this.valuePlace(key), hint);
  }

  /** Where the option's value is, or the table when it is not set. */
  valuePlace(key: string): Place {
    return this.table.options.get(key)?.valuePlace ?? this.table.place;
  }

  /** Refuses every option that nobody asked for. */
  finish(): void {
    for (const [key, option] of this.table.options) {
      if (this.#known.has(key) || this.#prefixes.some((prefix) => key.startsWith(prefix))) continue;
      const near = nearest(key, this.#known);
      if (near !== undefined) this.#misspelt.delete(near);
      const connector = this.table.options.get('connector')?.value ?? '';
      this.report(
        'SQL_UNKNOWN_OPTION',
        `connector '${connector}' has no option '${key}'`,
        option.keyPlace,
        near === undefined ? `The options are: ${[...this.#known].sort().join(', ')}.` : `Did you mean '${near}'?`,
      );
    }
    for (const [key, hint] of this.#misspelt) this.#reportMissing(key, hint);
  }

  #keyPlace(key: string): Place {
    return this.table.options.get(key)?.keyPlace ?? this.table.place;
  }
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max !== undefined ? ` of at most ${max}` : '';
}

function shortened(text: string): string {
  return text.length <= 60 ? text : text.slice(0, 57) + '…';
}
