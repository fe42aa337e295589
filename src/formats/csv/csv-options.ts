import type { Schema } from '../../types/schema.ts';

/** The options of the csv format, as Flink 1.20's page "CSV Format" lists them. Characters are single UTF-16 units. */
export interface CsvOptions {
  readonly fieldDelimiter: string;
  /** Null when quoting is disabled. */
  readonly quoteCharacter: string | null;
  readonly allowComments: boolean;
  readonly ignoreParseErrors: boolean;
  readonly arrayElementDelimiter: string;
  readonly escapeCharacter: string | null;
  readonly nullLiteral: string | null;
  readonly writeBigDecimalInScientificNotation: boolean;
  /** An empty line is one empty value, as in files; otherwise it is malformed, as a message. */
  readonly emptyLineIsValue?: boolean;
  /** The columns that a line has, in order; the table may be asked for a few of them. */
  readonly columns: Schema;
}
