import { readFileSync } from 'node:fs';
import { ProblemsError } from '../base/problem.ts';
import type { SourceText } from '../base/place.ts';

/** Reads a pipeline file. Fails with a ProblemsError that names it. */
export function readSource(file: string): SourceText {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new ProblemsError([{ code: 'FILE_UNREADABLE', message: unreadable(file, error as NodeJS.ErrnoException) }]);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ProblemsError([
      { code: 'FILE_NOT_UTF8', message: `"${file}" is not text in UTF-8`, hint: 'Save the file with the encoding UTF-8' },
    ]);
  }
  if (text.includes('\0')) {
    const hint = 'A pipeline is a text file in UTF-8';
    throw new ProblemsError([{ code: 'FILE_NOT_TEXT', message: `"${file}" holds binary data, not text`, hint }]);
  }
  return { name: file, text };
}

function unreadable(file: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return `there is no file "${file}"`;
  if (error.code === 'EISDIR') return `"${file}" is a folder, not a file`;
  if (error.code === 'EACCES') return `no permission to read "${file}"`;
  return `cannot read "${file}": ${error.message}`;
}
