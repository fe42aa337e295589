import { expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { printPlan } from '../../src/plan/print-plan.ts';

test('a plan is a tree for each sink; what feeds both is drawn once', () => {
  const text = `CREATE TABLE reading (city STRING, temp INT, seen TIMESTAMP(3), WATERMARK FOR seen AS seen - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE totals (city STRING, n BIGINT) WITH ('connector' = 'print');
CREATE TABLE minutes (city STRING, hottest INT, ended TIMESTAMP(3)) WITH ('connector' = 'blackhole');
EXECUTE STATEMENT SET BEGIN
INSERT INTO totals SELECT city, COUNT(*) FROM reading WHERE temp > 10 AND city IS NOT NULL GROUP BY city;
INSERT INTO minutes SELECT city, MAX(temp), window_end FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(seen), INTERVAL '90' SECOND))
  GROUP BY city, window_start, window_end;
END;`;
  expect(printPlan(compile({ name: 'plan.sql', text }, { local: false }))).toBe(EXPECTED);
});

const EXPECTED = `Job: plan.sql

Sink #5  totals: print
│    takes (city STRING, n BIGINT)
│    any change
└─ Calc #4  city, agg0 AS n
   │    gives (city STRING, n BIGINT)  [+I -U +U -D]
   └─ GroupAggregate #3  by (city)
      │    COUNT(*)
      │    gives (city STRING, agg0 BIGINT NOT NULL)  [+I -U +U -D]
      └─ Calc #2  city
         │    where (temp > 10) AND (city IS NOT NULL)
         │    gives (city STRING)  [+I]
         └─ Watermark #1  seen as seen - INTERVAL '5' SECOND
            │    gives (city STRING, temp INT, seen TIMESTAMP(3) *ROWTIME*)  [+I]
            └─ Scan #0  reading: filesystem (json)
                    path = in
                    bounded
                    gives (city STRING, temp INT, seen TIMESTAMP(3))  [+I]

Sink #8  minutes: blackhole
│    takes (city STRING, hottest INT, ended TIMESTAMP(3))
│    any change
└─ Calc #7  city, agg0 AS hottest, window_end AS ended
   │    gives (city STRING, hottest INT, ended TIMESTAMP(3))  [+I]
   └─ WindowAggregate #6  TUMBLE(1 min 30 s) on seen, by (city)
      │    MAX(temp)
      │    window start, end
      │    gives (city STRING, agg0 INT, window_start TIMESTAMP(3) NOT NULL, window_end TIMESTAMP(3) NOT NULL)  [+I]
      └─ Watermark #1 (drawn above)
`;
