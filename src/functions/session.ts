import { dayOfMillis, timeOfMillis } from '../types/civil.ts';
import { DATE, STRING, time, timestamp, timestampLtz, withNullable, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import type { ScalarFunction } from './function.ts';
import { expectCount } from './signature.ts';
import { zoneOf } from './time-zone.ts';

/** What depends on the moment and the session. In a stream the clock is read for each row. */

function clockFunction(
  name: string,
  summary: string,
  type: SqlType,
  read: (instant: number, localMillis: number) => Value,
  options: { readonly aliases?: readonly string[]; readonly example: readonly [string, string] },
): ScalarFunction {
  return {
    name,
    ...(options.aliases === undefined ? {} : { aliases: options.aliases }),
    summary,
    deterministic: false,
    infer(args) {
      expectCount(name, args, 0);
      return { args: [], type: withNullable(type, false) };
    },
    implement(_site, { clock, timeZone }) {
      const zone = zoneOf(timeZone);
      return () => {
        const instant = clock.now();
        return read(instant, instant + zone.offsetAt(instant));
      };
    },
    examples: [options.example],
  };
}

export const sessionFunctions: readonly ScalarFunction[] = [
  clockFunction('CURRENT_TIMESTAMP', 'The current instant.', timestampLtz(3), (instant) => instant, {
    aliases: ['NOW', 'CURRENT_ROW_TIMESTAMP'],
    example: ['CURRENT_TIMESTAMP IS NULL', 'false'],
  }),
  clockFunction(
    'PROCTIME',
    'The current instant, as the time attribute of processing time.',
    timestampLtz(3),
    (instant) => instant,
    {
      example: ['PROCTIME() IS NULL', 'false'],
    },
  ),
  clockFunction(
    'LOCALTIMESTAMP',
    "The current date and time on the session zone's clocks.",
    timestamp(3),
    (_, localMillis) => localMillis,
    {
      example: ["LOCALTIMESTAMP > TIMESTAMP '2020-01-01 00:00:00'", 'true'],
    },
  ),
  clockFunction(
    'LOCALTIME',
    "The current time on the session zone's clocks.",
    time(0),
    (_, localMillis) => timeOfMillis(localMillis),
    {
      aliases: ['CURRENT_TIME'],
      example: ["LOCALTIME >= TIME '00:00:00'", 'true'],
    },
  ),
  clockFunction(
    'CURRENT_DATE',
    "The current date on the session zone's clocks.",
    DATE,
    (_, localMillis) => dayOfMillis(localMillis),
    {
      example: ["CURRENT_DATE > DATE '2020-01-01'", 'true'],
    },
  ),
  {
    name: 'CURRENT_DATABASE',
    summary: 'The name of the current database: Isobar has only the default one.',
    infer(args) {
      expectCount('CURRENT_DATABASE', args, 0);
      return { args: [], type: withNullable(STRING, false) };
    },
    implement: () => () => 'default_database',
    examples: [['CURRENT_DATABASE()', 'default_database']],
  },
];
