import { Command } from 'commander';

export function functionsCommand(): Command {
  return new Command('functions')
    .description('show the functions of the language, with examples')
    .argument('[name...]', 'only these; part of a name is enough')
    .addHelpText(
      'after',
      `
Examples:
  isobar functions
  isobar functions regexp
  isobar functions TIMESTAMPDIFF`,
    )
    .action(async (names: string[]) => (await import('./print-functions.ts')).printFunctions(names));
}
