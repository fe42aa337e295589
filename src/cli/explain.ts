import { Command } from 'commander';
import { addCompileFlags, type CompileFlags } from './job-flags.ts';

interface ExplainFlags extends CompileFlags {
  readonly code?: boolean;
}

export function explainCommand(): Command {
  return addCompileFlags(
    new Command('explain').description('show the plan of a file, sink by sink').argument('<file>', 'a Flink SQL file'),
  )
    .option('--code', 'show the JavaScript that is generated for decoders and expressions too')
    .addHelpText(
      'after',
      `
Examples:
  isobar explain pipelines/weather.sql
  isobar explain pipelines/weather.sql --local --code`,
    )
    .action(explain);
}

async function explain(file: string, flags: ExplainFlags): Promise<void> {
  const [{ compileFile }, { printPlan }] = await Promise.all([import('./compile-file.ts'), import('../plan/print-plan.ts')]);
  const plan = compileFile(file, { ...flags, local: true });
  process.stdout.write(printPlan(plan));
  if (flags.code) {
    const { printCode } = await import('../run/print-code.ts');
    process.stdout.write(`\n${printCode(plan)}`);
  }
}
