// Stack traces that Flink 1.20.5 answered, with their frames left out but one, come down to one sentence each.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reduceTrace } from '../../src/flink/reduce-trace.ts';

const folder = join(import.meta.dirname, 'flink-traces');
const trace = (name: string): string => readFileSync(join(folder, `${name}.txt`), 'utf8');

const EXPECTED: Record<string, string> = {
  'column-count': "FLINK_VALIDATION column types of query result and sink for 'pr' do not match: different number of columns",
  'column-type':
    "FLINK_VALIDATION column types of query result and sink for 'pr' do not match: incompatible types for sink column 'x' at position 0",
  connector: "FLINK_OPTION this Flink has no connector or format 'nokafka'",
  'early-end': 'FLINK_SYNTAX the statement ends too early',
  'job-elasticsearch': 'FLINK_REFUSED connection refused',
  'job-number': "FLINK_REFUSED for input string: 'a-684892742'. Invalid character found",
  'job-state':
    'FLINK_REFUSED for heap backends, the new state serializer (RowDataSerializer@dd30bdf6) must not be incompatible with the old state serializer (RowDataSerializer@bb2be5b1)',
  'job-topic': 'FLINK_REFUSED failed to get metadata for topics [flink-input]: this server does not host this topic-partition',
  'misplaced-symbol': 'FLINK_SYNTAX ")" does not fit here',
  'misplaced-word': "FLINK_SYNTAX incorrect syntax near the keyword 'FROM'",
  'missing-format': `FLINK_OPTION table "k5": could not find required scan format 'value.format'`,
  'missing-option': `FLINK_OPTION table "k3" needs the option 'properties.bootstrap.servers'`,
  'no-catalog': 'FLINK_REFUSED a catalog with name [nix] does not exist',
  'no-jar':
    "FLINK_REFUSED could not register the specified resource [ResourceUri{resourceType=JAR, uri='/nix.jar'}]: jar resource [/nix.jar] not found",
  'open-quote': 'FLINK_SYNTAX a quote, or a comment, is never closed',
  option: `FLINK_OPTION table "k": Flink's connector has no option 'bogus'`,
  'rank-on-processing-time': 'FLINK_REFUSED processing time Window TopN is not supported yet',
  'savepoint-path': "FLINK_REFUSED cannot find checkpoint or savepoint file/directory '/nix' on file system 'file'",
  'setting-value':
    "FLINK_REFUSED failed to set key parallelism.default with value x: could not parse value 'x' for key 'parallelism.default'",
  'statement-set': "FLINK_VALIDATION column 'y' not found in any table",
  'table-exists': 'FLINK_VALIDATION table "a" exists already',
  'time-attribute': 'FLINK_VALIDATION the window function requires the timecol is a time attribute type, but is TIMESTAMP(3)',
  'unknown-column': "FLINK_VALIDATION column 'y' not found in any table",
  'unknown-function': 'FLINK_VALIDATION no match found for function signature nofun(<NUMERIC>, <CHARACTER>)',
  'unknown-table': "FLINK_VALIDATION object 'nix' not found",
  updates:
    "FLINK_REFUSED table sink 'ap' doesn't support consuming update changes which is produced by node GroupAggregate(groupBy=[x], select=[x, COUNT(*) AS EXPR$1])",
};

test('every recorded trace has its sentence', () => {
  const names = readdirSync(folder).map((name) => name.replace(/\.txt$/, ''));
  expect(names.sort()).toEqual(Object.keys(EXPECTED).sort());
});

test.each(Object.entries(EXPECTED))('%s', (name, expected) => {
  const { code, message } = reduceTrace(trace(name));
  expect(`${code} ${message}`).toBe(expected);
  expect(message).not.toMatch(/(org|java)\.\w+\.|Exception|\n/);
});

test('positions are told as Flink gives them', () => {
  expect(reduceTrace(trace('unknown-column')).range).toEqual({ line: 2, column: 15 });
  expect(reduceTrace(trace('unknown-function')).range).toEqual({ line: 1, column: 23, endLine: 1, endColumn: 35 });
  expect(reduceTrace(trace('misplaced-word')).range).toEqual({ line: 1, column: 30 });
  expect(reduceTrace(trace('open-quote')).range).toEqual({ line: 1, column: 17 });
});

test('hints say what to do', () => {
  expect(reduceTrace(trace('connector')).hint).toBe("Did you mean 'kafka'?");
  expect(reduceTrace(trace('option')).hint).toMatch(/^Its options are: connector, format, json/);
  expect(reduceTrace(trace('column-count')).hint).toBe('Query schema: [x: INT, x0: INT]; Sink schema: [x: STRING]');
  expect(reduceTrace(trace('job-state')).hint).toMatch(/has changed since the savepoint/);
});

test('what is about an option or a table names it', () => {
  expect(reduceTrace(trace('option')).mentions).toEqual(['bogus', 'k']);
  expect(reduceTrace(trace('missing-option')).mentions).toEqual(['k3']);
});

test('text that is no trace stays as it is', () => {
  expect(reduceTrace('Job could not be found.').message).toBe('job could not be found');
  expect(reduceTrace('').message).toBe('Flink gave no reason');
  expect(reduceTrace('java.lang.NullPointerException\n\tat a.B.c(B.java:1)').message).toBe(
    'a failure within Flink: null pointer',
  );
});

test('secrets stay out of messages', () => {
  const secret = trace('setting-value').replaceAll('parallelism.default', 's3.secret-key').replaceAll("'x'", "'hush'");
  expect(reduceTrace(secret)).toEqual({
    code: 'FLINK_REFUSED',
    message: "the value of 's3.secret-key' is not valid",
    mentions: ['s3.secret-key'],
  });
});
