import { unreachable } from '../../base/assert.ts';
import type { Place } from '../../base/place.ts';
import * as sql from '../../types/sql-type.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { WindowSpec } from '../../plan/node.ts';
import type * as ast from '../parse/ast.ts';
import { bindExpression } from './expression-binder.ts';
import { FollowUp, Mistake, unsupported, type Problems } from './mistake.ts';
import type { Relation, RelationField, WindowIdentity, WindowTableRelation } from './relation.ts';
import { suggestion } from './scope.ts';
import { hasAnyName, MORE_FIELDS, unknownField, unknownRelation } from './unknown-relation.ts';

/** Parameters in the order in which they stand without names (Flink's "Windowing TVF" page). */
const PARAMETERS: Record<string, readonly string[]> = {
  TUMBLE: ['DATA', 'TIMECOL', 'SIZE', 'OFFSET'],
  HOP: ['DATA', 'TIMECOL', 'SLIDE', 'SIZE', 'OFFSET'],
  CUMULATE: ['DATA', 'TIMECOL', 'STEP', 'SIZE', 'OFFSET'],
};

const USAGE: Record<string, string> = {
  TUMBLE: "TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)",
  HOP: "HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE): slide, then size",
  CUMULATE: "CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '1' HOUR): step, then largest size",
};

/** TABLE(TUMBLE(…)): the rows of a table with the window they lie in; after a mistake their columns only. */
export function bindWindowTable(
  node: ast.TableFunction,
  bindTable: (table: ast.TableReference) => Relation,
  problems: Problems,
): Relation {
  const name = node.name.text.toUpperCase();
  const data = node.args.find((arg) => arg.value.kind === 'table')?.value;
  const input = data?.kind === 'table' ? bindTable(data.table) : unknownRelation(node.place);
  const edge = withNullable(sql.timestamp(3), false);
  const fields = [
    ...input.fields,
    { name: 'window_start', type: edge },
    { name: 'window_end', type: edge },
    unknownField('window_time'),
  ];
  if (name === 'SESSION') {
    problems.add(unsupported('SESSION', node.name.place));
    return unknownRelation(node.place, fields);
  }
  if (PARAMETERS[name] === undefined) {
    problems.report(
      'SQL_FUNCTION_NOT_FOUND',
      `table function "${node.name.text}" does not exist`,
      node.name.place,
      suggestion(name, Object.keys(PARAMETERS)),
    );
    return unknownRelation(node.place, [...fields, MORE_FIELDS]);
  }
  return problems.attempt(() => windowsOn(input, node, name, problems)) ?? unknownRelation(node.place, fields);
}

function windowsOn(input: Relation, node: ast.TableFunction, name: string, problems: Problems): Relation {
  const args = matchParameters(node, name);
  problems.attempt(() => checkData(name, args.get('DATA')!));
  const timeColumn = problems.attempt(() => timeColumnOf(name, args.get('TIMECOL')!, input));
  const duration = (parameter: string): number => durationOf(name, parameter, args, problems);
  const spec = problems.attempt(() => windowSpec(name, duration, node.place));
  if (timeColumn === undefined || spec === undefined) throw new FollowUp();
  return windowTable(input, timeColumn, spec, false, node.place, args.get('TIMECOL')!.place);
}

type Arguments = ReadonlyMap<string, ast.TableFunctionArgument>;

function checkData(name: string, { value, place }: ast.TableFunctionArgument): void {
  if (value.kind !== 'table') throw wrong(name, 'takes a table first', place);
  if (value.partitionBy.length > 0)
    throw new Mistake('SQL_WRONG_ARGUMENTS', `${name} takes no PARTITION BY`, place, 'Group by the column instead.');
}

function timeColumnOf(name: string, { value, place }: ast.TableFunctionArgument, input: Relation): number {
  if (value.kind !== 'descriptor' || value.columns.length !== 1) throw wrong(name, 'takes DESCRIPTOR(column) second', place);
  const [column] = value.columns;
  const index = input.fields.findIndex((field) => field.name === column.text);
  if (index === -1) {
    if (hasAnyName(input.fields)) throw new FollowUp();
    throw new Mistake(
      'SQL_COLUMN_NOT_FOUND',
      `column "${column.text}" does not exist`,
      column.place,
      suggestion(
        column.text,
        input.fields.map((field) => field.name),
      ),
    );
  }
  checkTimeAttribute(input.fields[index], column.place);
  return index;
}

function durationOf(name: string, parameter: string, args: Arguments, problems: Problems): number {
  const arg = args.get(parameter);
  if (arg === undefined) return 0;
  const bound =
    arg.value.kind === 'expression'
      ? bindExpression(arg.value.expression, { scope: { tables: [] }, problems, clause: 'values' })
      : undefined;
  if (bound?.kind !== 'literal' || bound.type.kind !== 'INTERVAL_DAY_TIME')
    throw wrong(name, `takes an interval of days to seconds as ${parameter.toLowerCase()}`, arg.place);
  if (parameter !== 'OFFSET' && (bound.value as number) <= 0)
    throw wrong(name, `needs a ${parameter.toLowerCase()} above zero`, arg.place);
  return bound.value as number;
}

function matchParameters(node: ast.TableFunction, name: string): Arguments {
  const parameters = PARAMETERS[name];
  const args = new Map<string, ast.TableFunctionArgument>();
  node.args.forEach((arg, i) => {
    const parameter = arg.name?.text.toUpperCase() ?? parameters[i];
    if (parameter === undefined) throw wrong(name, `takes at most ${parameters.length} arguments`, arg.place);
    if (!parameters.includes(parameter))
      throw new Mistake(
        'SQL_WRONG_ARGUMENTS',
        `${name} has no parameter ${parameter}`,
        arg.place,
        suggestion(parameter, parameters),
      );
    args.set(parameter, arg);
  });
  for (const parameter of parameters) {
    if (parameter !== 'OFFSET' && !args.has(parameter)) throw wrong(name, `lacks its ${parameter.toLowerCase()}`, node.place);
  }
  return args;
}

function windowSpec(name: string, duration: (parameter: string) => number, place: Place): WindowSpec {
  const size = duration('SIZE');
  const offset = duration('OFFSET');
  switch (name) {
    case 'TUMBLE':
      return { kind: 'tumble', size, offset };
    case 'HOP': {
      const slide = duration('SLIDE');
      if (size % slide !== 0)
        throw new Mistake('SQL_WRONG_ARGUMENTS', 'the size of HOP must be a multiple of its slide', place, USAGE.HOP);
      return { kind: 'hop', size, slide, offset };
    }
    case 'CUMULATE': {
      const step = duration('STEP');
      if (size % step !== 0)
        throw new Mistake('SQL_WRONG_ARGUMENTS', 'the size of CUMULATE must be a multiple of its step', place, USAGE.CUMULATE);
      return { kind: 'cumulate', maxSize: size, step, offset };
    }
    default:
      return unreachable(name as never, 'window');
  }
}

function wrong(name: string, what: string, place: Place): Mistake {
  return new Mistake('SQL_WRONG_ARGUMENTS', `${name} ${what}`, place, `Write ${USAGE[name]}.`);
}

/** Puts windows on a table: three more columns, and the time column is from now on one like any other. */
export function windowTable(
  input: Relation,
  timeColumn: number,
  spec: WindowSpec,
  legacy: boolean,
  place: Place,
  timePlace: Place,
): WindowTableRelation {
  const time = input.fields[timeColumn];
  checkTimeAttribute(time, timePlace);
  const local = time.type.kind === 'TIMESTAMP_LTZ';
  const window: WindowIdentity = { spec, local, time: time.timeAttribute, legacy };
  const edge = withNullable(sql.timestamp(3), false);
  const columns: RelationField[] = [
    { name: 'window_start', type: edge, window: { role: 'start', window } },
    { name: 'window_end', type: edge, window: { role: 'end', window } },
    {
      name: 'window_time',
      type: withNullable(local ? sql.timestampLtz(3) : sql.timestamp(3), false),
      timeAttribute: time.timeAttribute,
      window: { role: 'time', window },
    },
  ];
  return {
    kind: 'window-table',
    input,
    window: spec,
    timeColumn,
    time: time.timeAttribute,
    fields: [
      ...input.fields.map((field, i) =>
        i === timeColumn ? { name: field.name, type: field.type, wasRowtime: true as const } : field,
      ),
      ...columns,
    ],
    place,
  };
}

function checkTimeAttribute(
  time: RelationField,
  place: Place,
): asserts time is RelationField & { readonly timeAttribute: 'rowtime' } {
  if (time.unknown !== undefined) throw new FollowUp();
  if (time.timeAttribute === undefined) {
    throw new Mistake(
      'SQL_TIME_ATTRIBUTE',
      `column "${time.name}" is not a time attribute`,
      place,
      `Windows need event time: declare WATERMARK FOR ${time.name} in CREATE TABLE; a time attribute is lost by expressions, joins and GROUP BY.`,
    );
  }
  if (time.timeAttribute === 'proctime') throw unsupported('a window on processing time', place);
}
