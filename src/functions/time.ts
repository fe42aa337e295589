import type { ScalarFunction } from './function.ts';
import { timeDifferenceFunctions } from './time-difference.ts';
import { extractFunctions } from './time-extract.ts';
import { timeTextFunctions } from './time-text.ts';

/**
 * The functions of Flink's page "System Functions", section "Temporal Functions". Arithmetic with intervals belongs to `+`, `-`
 * and `*`, rounding to a unit to FLOOR and CEIL, the clock to session.ts.
 */
export const timeFunctions: readonly ScalarFunction[] = [...extractFunctions, ...timeDifferenceFunctions, ...timeTextFunctions];
