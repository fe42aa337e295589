import type { CallSite } from '../functions/function.ts';
import type { Value } from '../types/value.ts';

/**
 * A generated function, as source: `new Function(...)` over the runtime library, the constants and the call sites gives it.
 * User text is never in `source`: literals are `constants`, reached as `k[0]`, and closures are `calls`, reached as `f0`, `f1` ….
 */
export interface GeneratedCode {
  /** Shown by `explain --code`. */
  readonly name: string;
  readonly parameters: readonly string[];
  /** The function's body. */
  readonly source: string;
  readonly constants: readonly Value[];
  readonly calls: readonly CallSite[];
}
