import { assert } from '../base/assert.ts';
import type { CallSite, FunctionContext } from '../functions/function.ts';
import { findFunction } from '../functions/registry.ts';
import type { GeneratedCode } from '../plan/code.ts';
import type { Value } from '../types/value.ts';
import { runtimeLibrary } from './runtime-library.ts';

/**
 * Makes a function of generated source. In scope are the names of the runtime library, the constants as `k[0]` … and the
 * call sites as `f0` …, which take and give the values of value.ts.
 */
export function linkCode<F extends (...args: never[]) => unknown>(code: GeneratedCode, context: FunctionContext): F {
  const names = Object.keys(runtimeLibrary);
  const calls = code.calls.map((_, i) => `f${i}`);
  const source = `'use strict';
return function ${identifier(code.name)}(${code.parameters.join(', ')}) {
${code.source}
};`;
  const link = new Function(...names, 'k', ...calls, source);
  return link(
    ...names.map((name) => runtimeLibrary[name as keyof typeof runtimeLibrary]),
    code.constants,
    ...code.calls.map((site) => implementationOf(site, context)),
  ) as F;
}

function implementationOf(site: CallSite, context: FunctionContext): (...args: never[]) => Value {
  const implement = findFunction(site.function)?.implement;
  assert(implement !== undefined, `generated code calls ${site.function}, which has no implementation`);
  return implement(site, context);
}

/** Profiles and stack traces show the code's name. */
function identifier(name: string): string {
  return 'generated_' + name.replace(/[^A-Za-z0-9]+/g, '_');
}
