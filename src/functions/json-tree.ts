import { doubleText } from '../types/java-number.ts';

/**
 * JSON as the functions see it, with the distinctions Jackson makes: whole numbers are exact (bigint), others are doubles.
 * Objects keep the order of their keys.
 */
export type JsonTree = null | boolean | string | number | bigint | readonly JsonTree[] | ReadonlyMap<string, JsonTree>;

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

export const isObject = (tree: JsonTree): tree is ReadonlyMap<string, JsonTree> => tree instanceof Map;
export const isArray = (tree: JsonTree): tree is readonly JsonTree[] => Array.isArray(tree);
export const isScalar = (tree: JsonTree): boolean => !isObject(tree) && !isArray(tree);

const MAX_DEPTH = 1000;

/**
 * Reads the value that a text begins with; what follows it is not looked at, just as Flink does not. Of equal keys the last
 * counts, at the place of the first. Throws a JsonSyntaxError.
 */
export function parseJson(text: string): JsonTree {
  return new JsonParser(text).parse();
}

const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const PLAIN_TEXT = /[^"\\\0-\x1f]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class JsonParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsonTree {
    return this.#value(0);
  }

  #fail(expected: string): never {
    throw new JsonSyntaxError(`${expected} expected at position ${this.#at + 1}`);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #next(): string {
    this.#match(BLANK);
    return this.#text.charAt(this.#at);
  }

  #value(depth: number): JsonTree {
    if (depth > MAX_DEPTH) this.#fail('a value nested less deeply');
    const head = this.#next();
    switch (head) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #word<T extends JsonTree>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail(word);
    this.#at += word.length;
    this.#expectEndOfToken();
    return value;
  }

  #number(): number | bigint {
    const match = this.#match(NUMBER);
    if (match === null) this.#fail('a value');
    this.#expectEndOfToken();
    const isWhole = match[1] === undefined && match[2] === undefined;
    return isWhole ? BigInt(match[0]) : Number(match[0]);
  }

  /** `01`, `1x` and `nullx` are no values. */
  #expectEndOfToken(): void {
    if (/[\w.+$-]/.test(this.#text.charAt(this.#at))) this.#fail('the end of a value');
  }

  #string(): string {
    this.#at++;
    let text = '';
    for (;;) {
      text += this.#match(PLAIN_TEXT)![0];
      const unit = this.#text.charAt(this.#at);
      if (unit === '"') {
        this.#at++;
        return text;
      }
      if (unit !== '\\') this.#fail('the end of a string');
      const letter = this.#text.charAt(this.#at + 1);
      if (letter === 'u') {
        const hex = this.#text.slice(this.#at + 2, this.#at + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.#fail('four hexadecimal digits');
        text += String.fromCharCode(parseInt(hex, 16));
        this.#at += 6;
      } else {
        if (letter === '' || !Object.hasOwn(ESCAPES, letter)) this.#fail('an escape');
        text += ESCAPES[letter];
        this.#at += 2;
      }
    }
  }

  #array(depth: number): JsonTree[] {
    const items: JsonTree[] = [];
    this.#at++;
    if (this.#next() === ']') {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(this.#value(depth + 1));
      const next = this.#next();
      this.#at++;
      if (next === ']') return items;
      if (next !== ',') {
        this.#at--;
        this.#fail('"," or "]"');
      }
    }
  }

  #object(depth: number): Map<string, JsonTree> {
    const members = new Map<string, JsonTree>();
    this.#at++;
    if (this.#next() === '}') {
      this.#at++;
      return members;
    }
    for (;;) {
      if (this.#next() !== '"') this.#fail('a key in quotes');
      const key = this.#string();
      if (this.#next() !== ':') this.#fail('":"');
      this.#at++;
      members.set(key, this.#value(depth + 1));
      const next = this.#next();
      if (next !== ',' && next !== '}') this.#fail('"," or "}"');
      this.#at++;
      if (next === '}') return members;
    }
  }
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A text in quotes, escaped as Jackson does it: only what has to be. */
export function quoteJson(text: string): string {
  if (text.length <= ESCAPED_AT_ONCE) return `"${escaped(text)}"`;
  let quoted = '"';
  for (let at = 0; at < text.length; at += ESCAPED_AT_ONCE) quoted += escaped(text.slice(at, at + ESCAPED_AT_ONCE));
  return `${quoted}"`;
}

/** V8 ends the process where a replacement finds more than it can list. */
const ESCAPED_AT_ONCE = 1 << 24;

function escaped(text: string): string {
  return text.replace(
    /["\\\0-\x1f]/g,
    (unit) => SHORT_ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

/** The tree without blanks. */
export function jsonText(tree: JsonTree): string {
  if (tree === null) return 'null';
  switch (typeof tree) {
    case 'string':
      return quoteJson(tree);
    case 'number':
      return Number.isFinite(tree) ? doubleText(tree) : `"${tree}"`;
    case 'boolean':
    case 'bigint':
      return String(tree);
    default:
      if (isArray(tree)) return `[${tree.map(jsonText).join(',')}]`;
      return `{${Array.from(tree, ([key, value]) => `${quoteJson(key)}:${jsonText(value)}`).join(',')}}`;
  }
}

/** A scalar as plain text: strings without quotes, numbers as Java writes them. */
export function scalarText(tree: JsonTree): string {
  return typeof tree === 'string' ? tree : typeof tree === 'number' ? doubleText(tree) : String(tree);
}
