import { compile } from '../compile/compile.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import type { CompileFlags } from './job-flags.ts';
import { readSource } from '../compile/read-source.ts';

/** Reads and compiles a file. Fails with a ProblemsError that holds every mistake. */
export function compileFile(file: string, flags: CompileFlags): JobPlan {
  return compile(readSource(file), { local: flags.local ?? false, settings: flags.set });
}
