import { isArray, isObject, type JsonTree } from './json-tree.ts';

/**
 * JSON paths of SQL (`lax $.a[0]`, `strict $.b`): `$`, `.key`, `['key']`, `['a','b']`, `[1]`, `[-1]`, `[0,2]`, `[1:3]`, `[*]`, `.*` and
 * `..key`. Without a mode a path is strict. Filters and functions are unsupported.
 */
export interface JsonPath {
  readonly isStrict: boolean;
  /** True when at most one value can be found: only then a missing one is an error. */
  readonly isDefinite: boolean;
  readonly steps: readonly Step[];
}

type Step =
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'descendants' };

export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
  readonly reason: 'invalid' | 'unsupported';

  constructor(reason: 'invalid' | 'unsupported', message: string) {
    super(message);
    this.reason = reason;
  }
}

const MODE = /^\s*(strict|lax)\s+/i;
const KEY = /[^.[\]\s()?*,:'"]+/y;
const QUOTED_KEYS = /\[\s*((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*)\s*\]/y;
const INDEXES = /\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]/y;
const SLICE = /\[\s*(-?\d+)?\s*:\s*(-?\d+)?\s*\]/y;
const WILDCARD = /\[\s*\*\s*\]|\*/y;

export function parseJsonPath(text: string): JsonPath {
  const mode = MODE.exec(text);
  const isStrict = mode === null || mode[1].toLowerCase() === 'strict';
  let path = (mode === null ? text : text.slice(mode[0].length)).trim();
  if (!path.startsWith('$')) path = `$.${path}`;
  const steps: Step[] = [];
  let at = 1;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(path);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  while (at < path.length) {
    let needsKey = false;
    if (path.startsWith('..', at)) {
      at += 2;
      steps.push({ kind: 'descendants' });
      needsKey = path[at] !== '[';
    } else if (path[at] === '.') {
      at++;
      needsKey = path[at] !== '[';
    }
    if (match(WILDCARD) !== null) {
      steps.push({ kind: 'wildcard' });
      continue;
    }
    if (needsKey) {
      const key = match(KEY);
      if (key === null) throw new JsonPathError('invalid', `a key is missing at position ${at + 1} of the path`);
      if (path[at] === '(') throw new JsonPathError('unsupported', `the function ${key[0]}() in a JSON path`);
      steps.push({ kind: 'keys', keys: [key[0]] });
      continue;
    }
    const keys = match(QUOTED_KEYS);
    if (keys !== null) {
      const quoted = keys[1].match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g)!;
      steps.push({ kind: 'keys', keys: quoted.map((key) => key.slice(1, -1).replace(/\\(.)/g, '$1')) });
      continue;
    }
    const indexes = match(INDEXES);
    if (indexes !== null) {
      steps.push({ kind: 'indexes', indexes: indexes[1].split(',').map(Number) });
      continue;
    }
    const slice = match(SLICE);
    if (slice !== null) {
      const bound = (digits: string | undefined): number | undefined => (digits === undefined ? undefined : Number(digits));
      if (slice[1] === undefined && slice[2] === undefined) throw new JsonPathError('invalid', 'a slice has no bounds');
      steps.push({ kind: 'slice', from: bound(slice[1]), to: bound(slice[2]) });
      continue;
    }
    if (/^\[\s*\?/.test(path.slice(at))) throw new JsonPathError('unsupported', 'a filter in a JSON path');
    throw new JsonPathError('invalid', `the path cannot be read from position ${at + 1} on`);
  }
  const isDefinite = steps.every(
    (step, i) =>
      (step.kind === 'keys' && (step.keys.length === 1 || i === steps.length - 1)) ||
      (step.kind === 'indexes' && step.indexes.length === 1),
  );
  return { isStrict, isDefinite, steps };
}

/** The values that a path leads to; undefined when it is definite and leads to none. */
export function findInJson(path: JsonPath, root: JsonTree): readonly JsonTree[] | undefined {
  let found: readonly JsonTree[] = [root];
  path.steps.forEach((step, i) => {
    const next: JsonTree[] = [];
    for (const tree of found) walk(step, tree, next, i === path.steps.length - 1);
    found = next;
  });
  return path.isDefinite && found.length === 0 ? undefined : found;
}

function walk(step: Step, tree: JsonTree, found: JsonTree[], isLast: boolean): void {
  switch (step.kind) {
    case 'keys': {
      if (!isObject(tree)) return;
      const members = step.keys.filter((key) => tree.has(key)).map((key) => [key, tree.get(key)!] as const);
      // Several keys at the end of a path give an object of them; further inside, each of their values.
      if (step.keys.length > 1 && isLast) found.push(new Map(members));
      else for (const [, value] of members) found.push(value);
      return;
    }
    case 'indexes':
      if (!isArray(tree)) return;
      for (const index of step.indexes) {
        const value = tree[index < 0 ? tree.length + index : index];
        if (value !== undefined) found.push(value);
      }
      return;
    case 'slice':
      if (isArray(tree)) found.push(...tree.slice(step.from ?? 0, step.to));
      return;
    case 'wildcard':
      if (isArray(tree)) found.push(...tree);
      else if (isObject(tree)) found.push(...tree.values());
      return;
    case 'descendants':
      found.push(tree);
      for (const child of isArray(tree) ? tree : isObject(tree) ? tree.values() : []) walk(step, child, found, isLast);
      return;
  }
}
