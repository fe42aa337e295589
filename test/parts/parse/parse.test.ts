import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { array, assert, constantFrom, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Place } from '../../../src/base/place.ts';
import { renderProblem } from '../../../src/base/problem.ts';
import { parse } from '../../../src/compile/parse/parse.ts';
import { splitStatements } from '../../../src/compile/parse/split-statements.ts';
import { printStatement } from './print-ast.ts';

/** The trees of all statements; a problem fails the test with its rendered text. */
function statements(text: string): string[] {
  const source = { name: 'test.sql', text };
  const { script, problems } = parse(source);
  expect(problems.map((problem) => renderProblem(problem, source)).join('\n')).toBe('');
  return script.statements.map(printStatement);
}

/** The tree of an expression, for a SELECT list. */
function expression(text: string): string {
  return /^\(select ([^]*)\)$/.exec(statements(`SELECT ${text}`)[0])![1];
}

/** The tree of what follows SELECT * FROM. */
function from(text: string): string {
  return /^\(select \* \(from ([^]*)\)\)$/.exec(statements(`SELECT * FROM ${text}`)[0])![1];
}

const sql = (cases: readonly (readonly [string, string])[]) => cases;

describe('expressions', () => {
  test.each(
    sql([
      ['a + b * c - d', '(- (+ a (* b c)) d)'],
      ['a || b + c', '(+ (|| a b) c)'],
      ['a % 2 = 0 AND NOT b OR c', '(OR (AND (= (% a 2) 0) (NOT b)) c)'],
      ['NOT a IS NULL', '(NOT (is-null a))'],
      ['a = b IS NOT TRUE', '(is-not-true (= a b))'],
      ['a != b', '(<> a b)'],
      ['a <> b IS NOT DISTINCT FROM c', '(is-not-distinct-from (<> a b) c)'],
      ['a IS DISTINCT FROM b + c', '(is-distinct-from a (+ b c))'],
      ['a = b LIKE c', '(= a (like b c))'],
      ["a NOT LIKE '%!%' ESCAPE '!' OR b", "(OR (not-like a '%!%' '!') b)"],
      ["a SIMILAR TO 'x' AND b RLIKE 'y'", "(AND (similar to a 'x') (rlike b 'y'))"],
      ['a BETWEEN b + 1 AND c * 2 AND d', '(AND (between a (+ b 1) (* c 2)) d)'],
      ['a NOT BETWEEN SYMMETRIC 1 AND 2', '(not-between symmetric a 1 2)'],
      ['a BETWEEN ASYMMETRIC 1 AND 2 = TRUE', '(= (between a 1 2) TRUE)'],
      ['a IN (1, 2), a NOT IN (SELECT b FROM t)', '(in a [1 2]) (not-in a (select b (from t)))'],
      ['(a, b) IN ((1, 2), (3, 4))', '(in (row a b) [(row 1 2) (row 3 4)])'],
      ['a IN ((SELECT 1) UNION (SELECT 2))', '(in a (union (select 1) (select 2)))'],
      [
        'a = ANY (1, 2), b > ALL (SELECT 1), c <> SOME (VALUES 1)',
        '(=-any a [1 2]) (>-all b (select 1)) (<>-some c (values [1]))',
      ],
      ['- - a, -a[1] * +b', '(- (- a)) (* (- (element a 1)) (+ b))'],
      ['1 - -1, 2--1\n', '(- 1 (- 1)) 2'],
      ['(a, b) OVERLAPS (c, d)', '(OVERLAPS (row a b) (row c d))'],
      ['a IS JSON, a IS NOT JSON OBJECT, a IS JSON SCALAR', '(is-json a) (is-not-json-object a) (is-json-scalar a)'],
      [
        'EXISTS (SELECT 1), (SELECT 1) + 1, ((SELECT 1))',
        '(exists (select 1)) (+ (subquery (select 1)) 1) (subquery (select 1))',
      ],
      ['CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END', '(case (when a 1) (when b 2) (else 3))'],
      ['CASE a WHEN 1, 2 THEN b END', '(case a (when 1 b) (when 2 b))'],
      ['CAST(a AS DECIMAL(10, 2)), TRY_CAST(b AS ROW<x INT>)', '(cast a DECIMAL(10, 2)) (try-cast b ROW<x INT>)'],
      ["ROW(1, a), (1, a), ARRAY[1, a], ARRAY[], MAP['k', a]", "(row 1 a) (row 1 a) (array 1 a) (array) (map 'k' a)"],
      ["a.b.c[1].d['k'], f(x).y, (a).b", "(element (field (element a.b.c 1) d) 'k') (field (f x) y) (field a b)"],
    ]),
  )('%s', (text, tree) => expect(expression(text)).toBe(tree));
});

describe('literals', () => {
  test.each(
    sql([
      ['1, 1.50, .5, 1., 1E3, 1.5e-3', '1 1.50 .5 1. 1E3 1.5e-3'],
      ["'it''s', '', 'two\nlines', N'n', _utf8'u'", "'it's' '' 'two\nlines' 'n' 'u'"],
      ["'a' 'b'\n'c'", "'abc'"],
      ["U&'d\\0061t\\00e4', U&'d!0061!!' UESCAPE '!'", "'datä' 'da!'"],
      ["x'0aFF', X''", "binary'0aFF' binary''"],
      [
        "DATE '2024-02-29', TIME '10:00:00', TIMESTAMP '2024-01-01 00:00:00.123'",
        "date'2024-02-29' time'10:00:00' timestamp'2024-01-01 00:00:00.123'",
      ],
      ['TRUE, false, NULL, UNKNOWN', 'TRUE FALSE NULL NULL'],
      ["INTERVAL '1' DAY, INTERVAL -'1-2' YEAR TO MONTH", "(interval '1' DAY) (interval - '1-2' YEAR MONTH)"],
      [
        "INTERVAL '1 02:03:04.5' DAY(3) TO SECOND(1), INTERVAL '5' MINUTES",
        "(interval '1 02:03:04.5' DAY SECOND) (interval '5' MINUTE)",
      ],
      ["INTERVAL '1.5' SECOND(2, 3), INTERVAL 5 HOUR", "(interval '1.5' SECOND) (interval '5' HOUR)"],
      ['`a b`, `a``b`, `select`', 'a b a`b select'],
    ]),
  )('%s', (text, tree) => expect(expression(text)).toBe(tree));
});

describe('calls', () => {
  test.each(
    sql([
      ['COUNT(*), COUNT(DISTINCT a), SUM(ALL a), f()', '(COUNT *) (COUNT distinct a) (SUM a) (f)'],
      ['COUNT(*) FILTER (WHERE a > 1)', '(COUNT * (filter (> a 1)))'],
      [
        'ARRAY_AGG(a ORDER BY b DESC), LISTAGG(a) WITHIN GROUP (ORDER BY b)',
        '(ARRAY_AGG a (order-by b desc)) (LISTAGG a (order-by b))',
      ],
      ['LAG(a, 1) IGNORE NULLS OVER (ORDER BY b)', '(LAG a 1 ignore-nulls (over ((order-by b))))'],
      [
        'SUM(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)',
        '(SUM a (over ((partition-by b) (order-by c) (rows (preceding 2) current-row))))',
      ],
      [
        "SUM(a) OVER (w RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND UNBOUNDED FOLLOWING), COUNT(*) OVER w",
        "(SUM a (over (w (range (preceding (interval '1' DAY)) unbounded-following)))) (COUNT * (over w))",
      ],
      [
        'SUM(a) OVER (ORDER BY b ROWS UNBOUNDED PRECEDING)',
        '(SUM a (over ((order-by b) (rows unbounded-preceding current-row))))',
      ],
      [
        'CURRENT_TIMESTAMP, LOCALTIME, CURRENT_TIMESTAMP(3), PROCTIME()',
        '(CURRENT_TIMESTAMP) (LOCALTIME) (CURRENT_TIMESTAMP 3) (PROCTIME)',
      ],
      ['YEAR(a), LEFT(a, 1), IF(a, b, c), GROUPING_ID(a, b)', '(YEAR a) (LEFT a 1) (IF a b c) (GROUPING_ID a b)'],
      ["POSITION('x' IN a), POSITION(a || 'x' IN b FROM 2)", "(POSITION 'x' a) (POSITION (|| a 'x') b 2)"],
      [
        'SUBSTRING(s FROM 2), substring(s FROM 1 FOR 2), SUBSTRING(s, 1, 2)',
        '(SUBSTRING s 2) (substring s 1 2) (SUBSTRING s 1 2)',
      ],
      ['OVERLAY(s PLACING r FROM 2 FOR 3), OVERLAY(s PLACING r FROM 2)', '(OVERLAY s r 2 3) (OVERLAY s r 2)'],
      ["TRIM(s), TRIM('x' FROM s), TRIM(BOTH FROM s)", "(TRIM 'BOTH' ' ' s) (TRIM 'BOTH' 'x' s) (TRIM 'BOTH' ' ' s)"],
      ["TRIM(LEADING 'x' FROM s), TRIM(TRAILING FROM s)", "(TRIM 'LEADING' 'x' s) (TRIM 'TRAILING' ' ' s)"],
      ['EXTRACT(YEAR FROM t), extract(epoch FROM t)', "(EXTRACT 'YEAR' t) (extract 'EPOCH' t)"],
      ['FLOOR(a), FLOOR(t TO DAY), CEIL(t TO month), CEILING(a)', "(FLOOR a) (FLOOR t 'DAY') (CEIL t 'MONTH') (CEILING a)"],
      ['TIMESTAMPADD(DAY, 1, t), TIMESTAMPDIFF(SQL_TSI_HOUR, a, b)', "(TIMESTAMPADD 'DAY' 1 t) (TIMESTAMPDIFF 'HOUR' a b)"],
      [
        "JSON_EXISTS(j, '$.a'), JSON_EXISTS(j, '$.a' TRUE ON ERROR)",
        "(JSON_EXISTS j '$.a' 'FALSE') (JSON_EXISTS j '$.a' 'TRUE')",
      ],
      ["JSON_VALUE(j, '$.a')", "(JSON_VALUE j '$.a' NULL 'NULL' NULL 'NULL' NULL)"],
      [
        "JSON_VALUE(j, '$' RETURNING INT NULL ON EMPTY DEFAULT -1 ON ERROR)",
        "(JSON_VALUE j '$' 'INT' 'NULL' NULL 'DEFAULT' (- 1))",
      ],
      ["JSON_VALUE(j, '$' ERROR ON ERROR DEFAULT 'x' ON EMPTY)", "(JSON_VALUE j '$' NULL 'DEFAULT' 'x' 'ERROR' NULL)"],
      ["JSON_QUERY(j, '$')", "(JSON_QUERY j '$' NULL 'WITHOUT' 'NULL' 'NULL')"],
      [
        "JSON_QUERY(j, '$' RETURNING ARRAY<STRING> WITH CONDITIONAL ARRAY WRAPPER EMPTY ARRAY ON EMPTY ERROR ON ERROR)",
        "(JSON_QUERY j '$' 'ARRAY<STRING>' 'CONDITIONAL' 'EMPTY ARRAY' 'ERROR')",
      ],
      ["JSON_QUERY(j, '$' WITH WRAPPER EMPTY OBJECT ON ERROR)", "(JSON_QUERY j '$' NULL 'UNCONDITIONAL' 'NULL' 'EMPTY OBJECT')"],
      ["JSON_OBJECT('a' VALUE 1, KEY 'b' VALUE c, 'd' : 2)", "(JSON_OBJECT 'NULL' 'a' 1 'b' c 'd' 2)"],
      ['JSON_OBJECT(key VALUE 1 ABSENT ON NULL), JSON_OBJECT()', "(JSON_OBJECT 'ABSENT' key 1) (JSON_OBJECT 'NULL')"],
      [
        'JSON_ARRAY(1, a), JSON_ARRAY(a NULL ON NULL), JSON_ARRAY()',
        "(JSON_ARRAY 'ABSENT' 1 a) (JSON_ARRAY 'NULL' a) (JSON_ARRAY 'ABSENT')",
      ],
      ['JSON_OBJECTAGG(KEY k VALUE v), JSON_ARRAYAGG(v NULL ON NULL)', "(JSON_OBJECTAGG 'NULL' k v) (JSON_ARRAYAGG 'NULL' v)"],
      ['JSON_ARRAYAGG(v ORDER BY k) FILTER (WHERE v > 1)', "(JSON_ARRAYAGG 'ABSENT' v (order-by k) (filter (> v 1)))"],
    ]),
  )('%s', (text, tree) => expect(expression(text)).toBe(tree));
});

describe('tables', () => {
  test.each(
    sql([
      ['a, b AS x JOIN c y ON x.i = y.i', '(comma-join a (inner-join (as b x) (as c y) (on (= x.i y.i))))'],
      ['a LEFT OUTER JOIN b USING (i, j) NATURAL FULL JOIN c', '(natural-full-join (left-join a b (using i j)) c)'],
      ['a CROSS JOIN (b RIGHT JOIN c ON TRUE)', '(cross-join a (right-join b c (on TRUE)))'],
      ['db.t AS x (p, q)', '(as db.t x p q)'],
      ['a FOR SYSTEM_TIME AS OF b.t AS x', '(as (a (as-of b.t)) x)'],
      ["t /*+ OPTIONS('a' = 'b', 'c'='d') */ AS x", "(as (t (options 'a'='b' 'c'='d')) x)"],
      ['(SELECT 1) AS x, (VALUES (1, 2), (3, 4)) y (p, q)', '(comma-join (as (select 1) x) (as (values [1 2] [3 4]) y p q))'],
      ['((SELECT 1) UNION ALL (SELECT 2)) x', '(as (union all (select 1) (select 2)) x)'],
      ['((SELECT 1) x JOIN b ON TRUE)', '(inner-join (as (select 1) x) b (on TRUE))'],
      ['a, LATERAL TABLE(f(a.x)) AS t (y)', '(comma-join a (lateral (as (f a.x) t y)))'],
      [
        'a LEFT JOIN LATERAL (SELECT * FROM b WHERE b.i = a.i) c ON TRUE',
        '(left-join a (lateral (as (select * (from b) (where (= b.i a.i))) c)) (on TRUE))',
      ],
      [
        'a CROSS JOIN UNNEST(a.x, a.y) WITH ORDINALITY AS t (p, q, o)',
        '(cross-join a (as (unnest a.x a.y with-ordinality) t p q o))',
      ],
      ["TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))", "(TUMBLE (table t) (descriptor ts) (interval '1' MINUTE))"],
      [
        "TABLE(HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '1' MINUTE, SIZE => INTERVAL '1' HOUR)) w",
        "(as (HOP DATA=>(table t) TIMECOL=>(descriptor ts) SLIDE=>(interval '1' MINUTE) SIZE=>(interval '1' HOUR)) w)",
      ],
      [
        "TABLE(SESSION(TABLE t PARTITION BY (a, b), DESCRIPTOR(ts), INTERVAL '5' MINUTE))",
        "(SESSION (table t (partition-by a b)) (descriptor ts) (interval '5' MINUTE))",
      ],
      [
        "TABLE(TUMBLE((SELECT * FROM t), DESCRIPTOR(ts), INTERVAL '1' DAY))",
        "(TUMBLE (table (select * (from t))) (descriptor ts) (interval '1' DAY))",
      ],
    ]),
  )('%s', (text, tree) => expect(from(text)).toBe(tree));

  test('MATCH_RECOGNIZE', () => {
    const text = `t MATCH_RECOGNIZE (
        PARTITION BY a, b ORDER BY ts
        MEASURES FIRST(X.v) AS low, FINAL LAST(Y.v, 1) AS high, MATCH_NUMBER() AS n
        ONE ROW PER MATCH
        AFTER MATCH SKIP TO LAST Y
        PATTERN (X Y+? (P | Q R*)? S{2} T{1,} U{,3}? V{2,4}) WITHIN INTERVAL '1' HOUR
        DEFINE X AS X.v > PREV(X.v, 1), Y AS TRUE
      ) AS m`;
    expect(from(text)).toBe(
      '(as (match t (partition-by a b) (order-by ts) (measure low (FIRST X.v)) (measure high (LAST Y.v 1)) (measure n (MATCH_NUMBER)) ' +
        'one (skip to-last Y) (pattern (X Y{1,Infinity}? (P | (Q R{0,Infinity})){0,1} S{2,2} T{1,Infinity} U{0,3}? V{2,4})) ' +
        "(within (interval '1' HOUR)) (define X (> X.v (PREV X.v 1))) (define Y TRUE)) m)",
    );
  });

  test.each(
    sql([
      ['PAST LAST ROW', 'past-last-row'],
      ['TO NEXT ROW', 'to-next-row'],
      ['TO FIRST X', 'to-first X'],
      ['TO X', 'to-last X'],
    ]),
  )('AFTER MATCH SKIP %s', (text, skip) => {
    const tree = from(`t MATCH_RECOGNIZE (AFTER MATCH SKIP ${text} PATTERN (X) DEFINE X AS TRUE)`);
    expect(tree).toBe(`(match t one (skip ${skip}) (pattern X) (define X TRUE))`);
  });
});

describe('queries', () => {
  test.each(
    sql([
      ['SELECT DISTINCT *, t.*, a.b.*, c AS d, e f FROM t', '(select-distinct * t.* a.b.* (as c d) (as e f) (from t))'],
      [
        'SELECT a FROM t WHERE b GROUP BY a, (c, d) HAVING COUNT(*) > 1 WINDOW w AS (PARTITION BY a), v AS (ORDER BY b)',
        '(select a (from t) (where b) (group-by a c d) (having (> (COUNT *) 1)) (window w ((partition-by a))) (window v ((order-by b))))',
      ],
      ['SELECT 1 FROM t GROUP BY CUBE (a, (b, c)), ROLLUP (d)', '(select 1 (from t) (group-by (cube [a] [b c]) (rollup [d])))'],
      ['SELECT 1 FROM t GROUP BY GROUPING SETS ((a, b), a, ())', '(select 1 (from t) (group-by (grouping-sets [a b] [a] [])))'],
      ['SELECT 1 FROM t GROUP BY ()', '(select 1 (from t) (group-by (grouping-sets [])))'],
      [
        'SELECT a FROM t ORDER BY a DESC NULLS LAST, b LIMIT 10 OFFSET 5 ROWS',
        '(ordered (select a (from t)) (by a desc nulls-last b) (limit 10) (offset 5))',
      ],
      ['SELECT a FROM t OFFSET 2 ROWS FETCH FIRST 3 ROWS ONLY', '(ordered (select a (from t)) (limit 3) (offset 2))'],
      ['SELECT a FROM t LIMIT ALL', '(select a (from t))'],
      [
        'SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT ALL SELECT 4',
        '(except all (union (select 1) (intersect (select 2) (select 3))) (select 4))',
      ],
      [
        'SELECT 1 UNION DISTINCT (SELECT 2 UNION ALL SELECT 3) ORDER BY 1',
        '(ordered (union (select 1) (union all (select 2) (select 3))) (by 1))',
      ],
      [
        '(SELECT a FROM t ORDER BY a LIMIT 1) UNION ALL TABLE u',
        '(union all (ordered (select a (from t)) (by a) (limit 1)) (select * (from u)))',
      ],
      [
        'WITH a AS (SELECT 1), b (x, y) AS (VALUES (1, 2)) SELECT * FROM a, b LIMIT 1',
        '(with (a (select 1)) (b (columns x y) (values [1 2])) (ordered (select * (from (comma-join a b))) (limit 1)))',
      ],
      ['VALUES 1, (2), ROW(3, 4)', '(values [1] [2] [3 4])'],
      ['SELECT /*+ BROADCAST(t) */ a FROM t', '(select a (from t))'],
      [
        'SELECT first, state, mode, level, type, name, key, data, ts, job, size, source FROM path',
        '(select first state mode level type name key data ts job size source (from path))',
      ],
      ['SELECT a -- comment\n FROM /* x */ t // more', '(select a (from t))'],
    ]),
  )('%s', (text, tree) => expect(statements(text)).toEqual([tree]));
});

describe('statements', () => {
  test.each(
    sql([
      ["SET 'a' = 'b'", "(set 'a' 'b')"],
      ['SET', '(set)'],
      ["RESET 'a'", "(reset 'a')"],
      ['RESET', '(reset)'],
      [
        "CREATE TEMPORARY VIEW IF NOT EXISTS v (a, b) COMMENT 'c' AS SELECT 1, 2",
        '(create-view temporary if-not-exists v (columns a b) (select 1 2))',
      ],
      ['INSERT INTO db.t (a, b) VALUES (1, 2)', '(insert db.t (columns a b) (values [1 2]))'],
      ['INSERT INTO t (SELECT 1)', '(insert t (select 1))'],
      ["INSERT OVERWRITE t PARTITION (p = 'x') SELECT 1", '(insert-overwrite t partition (select 1))'],
      ['INSERT INTO t WITH a AS (SELECT 1) SELECT * FROM a', '(insert t (with (a (select 1)) (select * (from a))))'],
      ['EXECUTE INSERT INTO t SELECT 1', '(insert t (select 1))'],
      [
        'EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT CASE WHEN a THEN 1 END; INSERT INTO u SELECT 2; END',
        '(set-of (insert t (select (case (when a 1)))) (insert u (select 2)))',
      ],
      ['BEGIN STATEMENT SET; INSERT INTO t SELECT 1; END;', '(set-of (insert t (select 1)))'],
      ['DROP TEMPORARY TABLE IF EXISTS a.b', '(drop-table temporary if-exists a.b)'],
      ['DROP VIEW v', '(drop-view v)'],
      ['EXPLAIN STATEMENT SET BEGIN INSERT INTO t SELECT 1; INSERT INTO t SELECT 2; END', '(explain)'],
      ["CREATE TEMPORARY SYSTEM FUNCTION f AS 'x'", "(unsupported 'CREATE TEMPORARY SYSTEM FUNCTION' f)"],
      ['USE CATALOG c', "(unsupported 'USE CATALOG')"],
      ["ADD JAR 'x'", "(unsupported 'ADD JAR')"],
      ['SHOW TABLES', "(unsupported 'SHOW TABLES')"],
      ['DESCRIBE t', "(unsupported 'DESCRIBE')"],
      ['ALTER TABLE t RENAME TO u', "(unsupported 'ALTER TABLE' t u)"],
    ]),
  )('%s', (text, tree) => expect(statements(text)).toEqual([tree]));

  test('CREATE TABLE', () => {
    const text = `CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t (
        id BIGINT NOT NULL,
        name STRING COMMENT 'it''s',
        code INT PRIMARY KEY NOT ENFORCED,
        ts TIMESTAMP(3) METADATA FROM 'timestamp' VIRTUAL,
        \`offset\` BIGINT METADATA,
        twice AS id * 2 COMMENT 'x',
        WATERMARK FOR r.ts AS r.ts - INTERVAL '5' SECOND,
        CONSTRAINT pk PRIMARY KEY (id, name) NOT ENFORCED,
        PRIMARY KEY (id)
      ) COMMENT 'all'
      PARTITIONED BY (name)
      WITH ('connector' = 'kafka', 'format' = 'json')
      LIKE o (INCLUDING ALL EXCLUDING OPTIONS)`;
    expect(statements(text)).toEqual([
      "(create-table temporary if-not-exists c.d.t (id BIGINT NOT NULL) (name STRING) (code INT primary-key) (ts TIMESTAMP(3) metadata 'timestamp' virtual) " +
        "(offset BIGINT metadata) (twice as (* id 2)) (watermark r.ts (- r.ts (interval '5' SECOND))) (primary-key id name) (primary-key id enforced) " +
        "(comment 'all') (partitioned-by name) (with 'connector'='kafka' 'format'='json') (like o INCLUDING ALL EXCLUDING OPTIONS))",
    ]);
    expect(statements("CREATE TABLE t WITH ('a' = 'b') AS SELECT 1")).toEqual([
      "(create-table t (with 'a'='b') (as (select 1)))",
    ]);
  });

  test.each(
    sql([
      ['BOOLEAN', 'BOOLEAN'],
      ['decimal(10)', 'DECIMAL(10)'],
      ['DEC(10, 2) NOT NULL', 'DEC(10, 2) NOT NULL'],
      ['DOUBLE PRECISION NULL', 'DOUBLE PRECISION'],
      ['CHARACTER VARYING(3)', 'CHARACTER VARYING(3)'],
      ['TIME(0) WITHOUT TIME ZONE', 'TIME(0)'],
      ['TIMESTAMP(3) WITH LOCAL TIME ZONE', 'TIMESTAMP WITH LOCAL TIME ZONE(3)'],
      ['TIMESTAMP_LTZ(3)', 'TIMESTAMP_LTZ(3)'],
      ['MAP<STRING, ARRAY<ROW<x INT, y STRING NOT NULL>>>', 'MAP<STRING, ARRAY<ROW<x INT, y STRING NOT NULL>>>'],
      ["ROW(x INT 'comment', `y z` BYTES)", 'ROW<x INT, y z BYTES>'],
      ['ROW<>', 'ROW'],
      ['INT NOT NULL ARRAY NOT NULL MULTISET', 'MULTISET<ARRAY<INT NOT NULL> NOT NULL>'],
      ["RAW('java.lang.Object', 'abc')", 'RAW'],
      ['INTERVAL DAY(3) TO SECOND', 'INTERVAL DAY TO SECOND(3, 6)'],
      ['INTERVAL YEAR TO MONTH', 'INTERVAL YEAR TO MONTH'],
      ['INTERVAL SECOND(2, 3)', 'INTERVAL SECOND(2, 3)'],
    ]),
  )('type %s', (text, type) => expect(statements(`CREATE TABLE t (a ${text})`)).toEqual([`(create-table t (a ${type}))`]));
});

describe('places', () => {
  test('span the text of their nodes', () => {
    const text = 'SELECT (a + b) * c AS d, COUNT(*) FILTER (WHERE x) OVER w FROM t AS u WHERE e IN (1, 2) ORDER BY f DESC';
    const { statements: found } = parse({ name: 'test.sql', text }).script;
    const shown = (place: Place) => text.slice(place.start, place.end);
    const [statement] = found;
    if (statement.kind !== 'select-statement' || statement.query.kind !== 'ordered') throw new Error('not a query');
    const { query: select, orderBy } = statement.query;
    if (select.kind !== 'select' || select.items[0].kind !== 'expression' || select.items[1].kind !== 'expression')
      throw new Error('no SELECT');
    expect(shown(statement.place)).toBe(text);
    expect(shown(select.place)).toBe(text.slice(0, text.indexOf(' ORDER')));
    expect(shown(select.items[0].place)).toBe('(a + b) * c AS d');
    expect(shown(select.items[0].expression.place)).toBe('(a + b) * c');
    expect(shown(select.items[1].expression.place)).toBe('COUNT(*) FILTER (WHERE x) OVER w');
    expect(shown(select.from!.place)).toBe('t AS u');
    expect(shown(select.where!.place)).toBe('e IN (1, 2)');
    expect(shown(orderBy[0].place)).toBe('f DESC');
  });
});

const casesFolder = resolve(import.meta.dirname, '../../conformance/cases');

describe('the conformance queries', () => {
  test.each(readdirSync(casesFolder))('%s', (name) => {
    const text = readFileSync(join(casesFolder, name, 'query.sql'), 'utf8');
    const source = { name, text };
    const { script, problems } = parse(source);
    expect(problems).toEqual([]);
    expect(splitStatements(source)).toEqual(script.statements.map((statement) => statement.place));
    expectNested(script, { start: 0, end: text.length });
  });
});

/** Every place lies inside the place of the node around it. */
function expectNested(node: unknown, outer: Place): void {
  if (typeof node !== 'object' || node === null) return;
  const { place } = node as { place?: Place };
  if (place && !(outer.start <= place.start && place.start <= place.end && place.end <= outer.end)) {
    expect.fail(`${JSON.stringify(node)} is not inside ${JSON.stringify(outer)}`);
  }
  for (const child of Object.values(node)) expectNested(child, place ?? outer);
}

describe('splitStatements', () => {
  test('keeps statement sets whole, and does not trip over quotes and comments', () => {
    const text =
      "SET 'a' = ';'; -- ;\nEXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT CASE WHEN a THEN 1 END; END;;BEGIN STATEMENT SET; INSERT INTO t SELECT 1; END; SELECT /* ; */ 1";
    const split = splitStatements({ name: 'test.sql', text }).map(({ start, end }) => text.slice(start, end));
    expect(split).toEqual([
      "SET 'a' = ';'",
      'EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT CASE WHEN a THEN 1 END; END',
      'BEGIN STATEMENT SET; INSERT INTO t SELECT 1; END',
      'SELECT /* ; */ 1',
    ]);
  });
});

describe('whatever the text holds', () => {
  const words =
    "SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT a b t x 1 2.5 'text' ( ) [ ] , ; . * + - / = <> < > || => := ? { } | ^ NOT IN IS NULL AND OR " +
    'BETWEEN LIKE CASE WHEN THEN ELSE END CAST AS INT ARRAY < MAP ROW INTERVAL DAY TO SECOND EXISTS OVER PARTITION ROWS PRECEDING CURRENT UNION ' +
    'INTERSECT ALL VALUES WITH JOIN LEFT ON USING LATERAL TABLE UNNEST TUMBLE DESCRIPTOR MATCH_RECOGNIZE PATTERN DEFINE MEASURES CREATE VIEW ' +
    'INSERT INTO SET EXECUTE STATEMENT BEGIN END DROP /*+ */ OPTIONS /* -- ` " \' TRIM JSON_VALUE JSON_OBJECT EXTRACT COUNT DISTINCT value \u00a0 é € \u0000';
  const soup = array(tuple(constantFrom(...words.split(' ')), constantFrom(' ', ' ', ' ', '\n', '')), {
    maxLength: 60,
  });

  test('parsing ends, with problems rather than errors, and all places lie within the text', () => {
    assert(
      property(soup, (pieces) => {
        const text = pieces.map(([word, space]) => word + space).join('');
        const { script, problems } = parse({ name: 'test.sql', text });
        expectNested(script, { start: 0, end: text.length });
        for (const { place, hint, message } of problems) {
          expect(place && 0 <= place.start && place.start < place.end && place.end <= text.length).toBe(true);
          expect(hint).toBeTruthy();
          expect(message).not.toContain('\n');
        }
        splitStatements({ name: 'test.sql', text });
      }),
      { numRuns: 3000 },
    );
  });

  test('a correct query with one token removed gives at most one problem', () => {
    const text = readFileSync(join(casesFolder, 'windowrank-per-site-hop', 'query.sql'), 'utf8');
    for (const match of text.matchAll(/[A-Za-z_]+|[^\sA-Za-z_']/g)) {
      const { problems } = parse({
        name: 'test.sql',
        text: text.slice(0, match.index) + text.slice(match.index + match[0].length),
      });
      expect(problems.length, `without ${match[0]} at ${match.index}`).toBeLessThanOrEqual(1);
    }
  });

  test.each([
    ['parentheses', `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`],
    ['subqueries', '(SELECT * FROM '.repeat(10_000)],
    ['signs', `SELECT ${'- '.repeat(10_000)}1`],
    ['NOT', `SELECT ${'NOT '.repeat(10_000)}a`],
    ['types', `CREATE TABLE t (a ${'ARRAY<'.repeat(10_000)}`],
    ['joins', `SELECT * FROM ${'('.repeat(10_000)}`],
    ['patterns', `SELECT * FROM t MATCH_RECOGNIZE (PATTERN (${'('.repeat(10_000)}`],
    ['operators', `SELECT ${'1 + '.repeat(10_000)}1`],
    ['set operations', `SELECT 1 ${'UNION ALL SELECT 1 '.repeat(10_000)}`],
  ])('10,000 nested %s are too deep', (_, text) => {
    expect(parse({ name: 'test.sql', text }).problems.map(({ code }) => code)).toEqual(['SQL_TOO_DEEP']);
  });

  test('290 levels and 900 operators are not', () => {
    const depth = 290;
    expect(expression(`${'('.repeat(depth)}1${')'.repeat(depth)}`)).toBe('1');
    expect(expression(`${'a OR '.repeat(900)}a`)).toMatch(/^(\(OR ){900}a a\)/);
  });
});
