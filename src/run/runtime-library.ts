import { EvaluationError } from '../functions/function.ts';
import * as accumulating from '../functions/aggregates/accumulating.ts';
import * as decimal from '../types/decimal.ts';
import * as value from '../types/value.ts';

/** What generated code may use by name, besides JavaScript itself: the exports of these modules. */
export const runtimeLibrary = { ...value, ...decimal, ...accumulating, EvaluationError };
