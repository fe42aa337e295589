// What is sent to Flink for a file, and where in the file Flink's lines and columns are.
import { describe, expect, test } from 'vitest';
import { mentionedPlace, placeInFile, submissions, type Addresses } from '../../src/flink/submission.ts';

const cut = (text: string, addresses: Addresses = {}) => submissions({ name: 'file.sql', text }, addresses);
const texts = (text: string, addresses?: Addresses): string[] => cut(text, addresses).map((statement) => statement.text);

describe('statements', () => {
  test('are told by kind and title', () => {
    const file = `SET 'pipeline.name' = 'x'; RESET 'a'; RESET; SET;
      CREATE TEMPORARY TABLE IF NOT EXISTS t (a INT) WITH ('connector' = 'print');
      CREATE VIEW v AS SELECT 1; INSERT INTO t SELECT 1; (SELECT 1); WITH a AS (SELECT 1) SELECT * FROM a;
      EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; END;
      USE CATALOG \`c\``;
    expect(cut(file).map(({ kind, title, key }) => [kind, title, key].join('|'))).toEqual([
      "set|SET 'pipeline.name'|pipeline.name",
      "reset|RESET 'a'|a",
      'reset|RESET|',
      'set|SET|',
      'other|CREATE TEMPORARY TABLE IF NOT EXISTS t|',
      'other|CREATE VIEW v|',
      'job|INSERT INTO t|',
      'query|SELECT|',
      'query|SELECT|',
      'job|STATEMENT SET of 1 INSERT|',
      'other|USE CATALOG `c`|',
    ]);
  });

  test('of a set are one, in the form that the gateway takes', () => {
    expect(texts('BEGIN STATEMENT SET; INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END;')).toEqual([
      'EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END',
    ]);
  });
});

describe('addresses', () => {
  const kafka = "CREATE TABLE k (a INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'a:1', 'topic' = 'hosts')";
  const elasticsearch = "CREATE TABLE e (a INT) WITH ('hosts' = 'http://a:1;http://b:1', 'connector'='elasticsearch-7')";

  test('take the place of those in the file', () => {
    expect(texts(`${kafka};\n${elasticsearch}`, { kafka: 'kafka:29092', elasticsearch: 'http://es:9200' })).toEqual([
      "CREATE TABLE k (a INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'kafka:29092', 'topic' = 'hosts')",
      "CREATE TABLE e (a INT) WITH ('hosts' = 'http://es:9200', 'connector'='elasticsearch-7')",
    ]);
  });

  test('stay where none are given, and in tables of other connectors', () => {
    expect(texts(kafka)).toEqual([kafka]);
    const other = "CREATE TABLE o (a INT) WITH ('connector' = 'other', 'hosts' = 'a', 'properties.bootstrap.servers' = 'a')";
    expect(texts(other, { kafka: 'k:1', elasticsearch: 'http://e:1' })).toEqual([other]);
    const text = "INSERT INTO a SELECT 'properties.bootstrap.servers' = 'a:1', ('hosts')";
    expect(texts(text, { kafka: 'k:1', elasticsearch: 'http://e:1' })).toEqual([text]);
  });

  test('are quoted', () => {
    expect(texts(kafka, { kafka: "it's:1" })[0]).toContain("'properties.bootstrap.servers' = 'it''s:1',");
  });

  test('are set in hints, and in statements that only Flink can read', () => {
    const hint = "INSERT INTO b SELECT * FROM k /*+ OPTIONS('properties.bootstrap.servers' = 'a:1') */";
    expect(texts(hint, { kafka: 'k:2' })).toEqual([hint.replace('a:1', 'k:2')]);
    const alter = "ALTER TABLE k SET ('properties.bootstrap.servers' = 'a:1')";
    expect(texts(alter, { kafka: 'k:2' })).toEqual([alter.replace('a:1', 'k:2')]);
  });
});

describe('places', () => {
  /** The text in the file that Flink's position is about. */
  const placed = (text: string, index: number, line: number, column: number, end?: [number, number], addresses?: Addresses) => {
    const range = { line, column, ...(end && { endLine: end[0], endColumn: end[1] }) };
    const place = placeInFile({ name: 'file.sql', text }, cut(text, addresses)[index], range);
    return place && text.slice(place.start, place.end);
  };

  test('count from the statement', () => {
    const text = "-- first\nSET 'a' = 'b';\n\n  INSERT INTO t\n  SELECT wrong,\r\n    f(x, 'y')\n  FROM s;";
    expect(placed(text, 1, 1, 13)).toBe('t');
    expect(placed(text, 1, 2, 10)).toBe('wrong');
    expect(placed(text, 1, 3, 5, [3, 13])).toBe("f(x, 'y')");
    expect(placed(text, 1, 9, 1)).toBeUndefined();
  });

  test('count around what was replaced', () => {
    const text = "CREATE TABLE k (a INT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'a:1', 'x' = 'y')";
    const addresses = { kafka: 'a-much-longer-name:29092' };
    const sent = cut(text, addresses)[0].text;
    expect(placed(text, 0, 1, sent.indexOf("'x'") + 1, undefined, addresses)).toBe("'x'");
    expect(placed(text, 0, 1, sent.indexOf('longer') + 1, undefined, addresses)).toBe("'a:1'");
    expect(placed(text, 0, 1, sent.indexOf('INT') + 1, undefined, addresses)).toBe('INT');
    const set = 'BEGIN STATEMENT SET; INSERT INTO t SELECT wrong; END';
    expect(placed(set, 0, 1, cut(set)[0].text.indexOf('wrong') + 1)).toBe('wrong');
  });

  test('are found by what is mentioned: in the statement, else an option in the file', () => {
    const text = "CREATE TABLE k (a INT) WITH ('connector' = 'nope', 'odd' = '1');\nINSERT INTO `k` SELECT 1;";
    const [, insert] = cut(text);
    const mentioned = (...mentions: string[]) => {
      const place = mentionedPlace({ name: 'file.sql', text }, insert, mentions);
      return place && text.slice(place.start, place.end);
    };
    expect(mentioned('odd', 'k')).toBe("'odd'");
    expect(mentioned('k')).toBe('`k`');
    expect(mentioned('elsewhere')).toBeUndefined();
  });
});
