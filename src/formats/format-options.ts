import { nearest } from '../base/nearest.ts';
import type { ReportProblem, TableOption } from '../connectors/connector.ts';

/** Reads the options of one format from those of a table; mistakes are reported, and the default then stands in. */
export class FormatOptions {
  private readonly prefix: string;
  private readonly options: ReadonlyMap<string, TableOption>;
  private readonly report: ReportProblem;

  /** Reports every option with the prefix that is not among the known ones. */
  constructor(prefix: string, options: ReadonlyMap<string, TableOption>, known: readonly string[], report: ReportProblem) {
    this.prefix = prefix;
    this.options = options;
    this.report = report;
    for (const [key, option] of options) {
      if (!key.startsWith(prefix) || known.includes(key.slice(prefix.length))) continue;
      const near = nearest(key.slice(prefix.length), known);
      const hint =
        near === undefined
          ? `The options are: ${known.map((name) => prefix + name).join(', ')}.`
          : `Did you mean '${prefix}${near}'?`;
      report('SQL_UNKNOWN_OPTION', `there is no option '${key}'`, option.keyPlace, hint);
    }
  }

  has(name: string): boolean {
    return this.options.has(this.prefix + name);
  }

  text(name: string): string | undefined {
    return this.options.get(this.prefix + name)?.value;
  }

  boolean(name: string, otherwise: boolean): boolean {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    const lower = value.toLowerCase();
    if (lower === 'true' || lower === 'false') return lower === 'true';
    this.mistake(name, 'is neither true nor false');
    return otherwise;
  }

  /** One of the words; `ignoreCase` as Flink does for some options. */
  oneOf<T extends string>(name: string, words: readonly T[], otherwise: T, ignoreCase = false): T {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    const word = words.find((candidate) => candidate === (ignoreCase ? value.toUpperCase() : value));
    if (word !== undefined) return word;
    this.mistake(name, 'is not known', `The values are: ${words.join(', ')}.`);
    return otherwise;
  }

  /** Reports a mistake in the value of an option that is set; `what` completes the sentence. */
  mistake(name: string, what: string, hint?: string): void {
    const option = this.options.get(this.prefix + name);
    if (option === undefined) return;
    const message = `option '${this.prefix}${name}' = '${option.value}' ${what}`;
    this.report('SQL_OPTION_VALUE', message, option.valuePlace, hint);
  }
}
