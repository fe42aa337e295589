import { RunError } from '../base/problem.ts';
import type { AggregationRequest } from './aggregate.ts';

/** A parameter of an address that is not what it should be: status 400. */
export class ParameterError extends RunError {}

/** Reads the parameters of an address. Fails with a ParameterError. */
export class Parameters {
  readonly #query: (name: string) => string | undefined;

  constructor(query: (name: string) => string | undefined) {
    this.#query = query;
  }

  text(name: string): string | null {
    const value = this.#query(name);
    return value === undefined || value === '' ? null : value;
  }

  /** A whole number; `most` is what a larger one becomes. */
  count(name: string, otherwise: number, most: number): number {
    const value = this.number(name);
    if (value === null) return otherwise;
    if (!Number.isSafeInteger(value) || value < 1) throw wrong(name, 'a whole number above 0');
    return Math.min(value, most);
  }

  number(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = Number(text);
    if (!Number.isFinite(value)) throw wrong(name, 'a number');
    return value;
  }

  /** One of these words. */
  choice<T extends string>(name: string, words: readonly T[]): T | null {
    const text = this.text(name);
    if (text === null) return null;
    const word = words.find((each) => each === text);
    if (word === undefined) throw wrong(name, `one of ${words.join(', ')}`);
    return word;
  }

  /** Values separated by commas, each percent-encoded once more, so that they may hold commas themselves. */
  list(name: string): string[] | null {
    const text = this.text(name);
    if (text === null) return null;
    try {
      return text.split(',').map((part) => decodeURIComponent(part));
    } catch {
      throw wrong(name, 'a list of percent-encoded texts');
    }
  }

  aggregation(): AggregationRequest {
    const fields = this.list('fields');
    if (fields === null) throw wrong('fields', 'a list of number fields');
    const interval = this.text('interval') === 'auto' ? 'auto' : this.number('interval');
    if (typeof interval === 'number' && interval < 1) throw wrong('interval', 'a number of milliseconds, or auto');
    return {
      fields,
      by: this.text('by'),
      timeField: this.text('timeField'),
      from: this.number('from'),
      to: this.number('to'),
      interval,
      buckets: this.count('buckets', 120, 10_000),
      keys: this.list('keys'),
      limit: this.count('limit', 10_000, 100_000),
    };
  }
}

function wrong(name: string, wanted: string): ParameterError {
  return new ParameterError('PARAMETER_WRONG', `parameter "${name}" is not ${wanted}`, 'See docs/api.md.');
}
