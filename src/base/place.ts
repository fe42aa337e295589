/** A stretch of a source text, as UTF-16 offsets: `start` inclusive, `end` exclusive. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** A named text, for example a pipeline file. Places refer to its `text`. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

/** Line and column of an offset, both counted from 1; columns count UTF-16 units. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) {
    line++;
    lineStart = i + 1;
  }
  return { line, column: offset - lineStart + 1 };
}
