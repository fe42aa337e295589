import { arithmeticFunctions } from './arithmetic.ts';
import { castFunctions } from './cast.ts';
import { collectionFunctions } from './collection.ts';
import { comparisonFunctions } from './comparison.ts';
import { conditionalFunctions } from './conditional.ts';
import { conversionFunctions } from './conversion.ts';
import type { ScalarFunction } from './function.ts';
import { jsonFunctions } from './json.ts';
import { likeFunctions } from './like.ts';
import { logicFunctions } from './logic.ts';
import { mathFunctions } from './math.ts';
import { urlFunctions } from './parse-url.ts';
import { regexpFunctions } from './regexp.ts';
import { sessionFunctions } from './session.ts';
import { splitFunctions } from './split.ts';
import { stringFunctions } from './string.ts';
import { timeFunctions } from './time.ts';

/** All scalar functions: a family is a line here. */
const FAMILIES: readonly (readonly ScalarFunction[])[] = [
  arithmeticFunctions,
  comparisonFunctions,
  logicFunctions,
  conditionalFunctions,
  castFunctions,
  mathFunctions,
  stringFunctions,
  splitFunctions,
  regexpFunctions,
  likeFunctions,
  jsonFunctions,
  conversionFunctions,
  urlFunctions,
  collectionFunctions,
  timeFunctions,
  sessionFunctions,
];

const BY_NAME = new Map(
  FAMILIES.flat().flatMap((entry) => [entry.name, ...(entry.aliases ?? [])].map((name) => [name, entry] as const)),
);

/** The function of that name or alias, in any case of letters. */
export function findFunction(name: string): ScalarFunction | undefined {
  return BY_NAME.get(name.toUpperCase());
}

/** All names and aliases. */
export function functionNames(): Iterable<string> {
  return BY_NAME.keys();
}
