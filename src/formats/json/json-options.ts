import type { TimestampStandard } from '../time-text.ts';

/** The options of the json format, as Flink 1.20's page "JSON Format" lists them. */
export interface JsonOptions {
  readonly failOnMissingField: boolean;
  readonly ignoreParseErrors: boolean;
  readonly timestampStandard: TimestampStandard;
  readonly mapNullKeyMode: 'FAIL' | 'DROP' | 'LITERAL';
  readonly mapNullKeyLiteral: string;
  readonly encodeDecimalAsPlainNumber: boolean;
  readonly encodeIgnoreNullFields: boolean;
  /** Decode from the token stream (Flink's default) rather than from a tree. */
  readonly parserEnabled: boolean;
}
