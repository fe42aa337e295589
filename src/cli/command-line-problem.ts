import type { Command, CommanderError } from 'commander';
import type { Problem } from '../base/problem.ts';

/** Lets a command and those below it throw a CommanderError where Commander would write and end the process. */
export function throwInsteadOfExit(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {}, writeErr: () => {} });
  command.helpOption('-h, --help', 'show this help');
  command.commands.forEach(throwInsteadOfExit);
}

/** Commander's message, for example `error: unknown option '--lcal'\n(Did you mean --local?)`, in the form of all problems. */
export function commandLineProblem(error: CommanderError, commandName: string): Problem {
  const [first, suggestion] = error.message.replace(/^error: /, '').split('\n');
  const code = error.code.replace(/^commander\./, '').replace(/[A-Z]/g, (letter) => `_${letter}`);
  const hint = suggestion ? suggestion.replace(/^\((.*)\)$/, '$1') : `See ${commandName} --help`;
  if (error.code === 'commander.help') return { code: 'COMMAND_MISSING', message: 'the command needs a subcommand', hint };
  return { code: `COMMAND_${code.toUpperCase()}`, message: first, hint };
}
