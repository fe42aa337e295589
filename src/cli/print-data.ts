import { withoutControls } from './without-controls.ts';

/** Writes data to stdout; the promise says that the reader is slow, and resolves when it has caught up. */
export function printData(text: string): void | Promise<void> {
  if (process.stdout.write(process.stdout.isTTY ? withoutControls(text) : text)) return;
  return new Promise((resolve) => process.stdout.once('drain', () => resolve()));
}
