import { styleText } from 'node:util';
import { ProblemsError, renderFailure, RunError } from '../base/problem.ts';
import { withoutControls } from './without-controls.ts';

/** Colours only where a terminal shows them and the user has not said no: https://no-color.org. */
export function usesColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** A line for the user about what is going on; data goes to stdout, and nothing else does. */
export function say(text: string): void {
  process.stderr.write(`isobar: ${shown(text)}\n`);
}

/** Shows a failure on stderr; answers the exit status: 2 for a mistake found before anything ran, otherwise 1. */
export function reportFailure(error: unknown): number {
  process.stderr.write(`${coloured(shown(failureText(error)))}\n`);
  return error instanceof ProblemsError ? 2 : 1;
}

const shown = (text: string): string => (process.stderr.isTTY ? withoutControls(text) : text);

function failureText(error: unknown): string {
  if (error instanceof ProblemsError) return error.message;
  if (error instanceof RunError) return renderFailure(error);
  // A bug: the stack is what helps to mend it.
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function coloured(text: string): string {
  if (!usesColour(process.stderr)) return text;
  return text
    .replace(/error\[[A-Z0-9_]+\]/g, (match) => styleText(['bold', 'red'], match, { validateStream: false }))
    .replace(/^(\s*\| +)(\^+)$/gm, (_, gap: string, carets: string) => gap + styleText('red', carets, { validateStream: false }))
    .replace(/^hint:/gm, (match) => styleText('cyan', match, { validateStream: false }));
}
