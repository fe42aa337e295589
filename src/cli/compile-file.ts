import { ProblemsError } from '../base/problem.ts';
import { settingMistake } from '../compile/bind/settings.ts';
import { compile } from '../compile/compile.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import type { CompileFlags } from './job-flags.ts';
import { readSource } from '../compile/read-source.ts';

/** Reads and compiles a file. Fails with a ProblemsError that holds every mistake. */
export function compileFile(file: string, flags: CompileFlags): JobPlan {
  const mistakes = [...flags.set].flatMap(([key, value]) => settingMistake(key, value) ?? []);
  if (mistakes.length > 0) {
    throw new ProblemsError(mistakes.map(({ code, message, hint }) => ({ code, message: `--set: ${message}`, hint })));
  }
  return compile(readSource(file), { local: flags.local ?? false, settings: flags.set });
}
