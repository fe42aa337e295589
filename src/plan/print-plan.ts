import { unreachable } from '../base/assert.ts';
import type { Schema } from '../types/schema.ts';
import { typeName } from '../types/sql-type.ts';
import { durationText, expressionText, literalText, nameText } from './expression-text.ts';
import type { JobPlan } from './job-plan.ts';
import type { AggregateCall, PlanNode, SinkNode, SortKey, WindowSpec } from './node.ts';

/**
 * The plan as people read it: one tree for each sink, the sink on top and what feeds it below, with expressions as SQL, the
 * rows each node gives and the kinds of change they may be. A node that feeds several is drawn once and then named by number.
 */
export function printPlan(plan: JobPlan): string {
  const lines = [`Job: ${plan.name}`];
  for (const [key, value] of plan.settings) lines.push(`  ${key} = ${value}`);
  const drawn = new Set<number>();
  for (const node of plan.nodes) {
    if (node.kind !== 'sink') continue;
    lines.push('');
    drawNode(plan, node, '', '', drawn, lines);
  }
  return lines.join('\n') + '\n';
}

function drawNode(plan: JobPlan, node: PlanNode, first: string, rest: string, drawn: Set<number>, lines: string[]): void {
  if (drawn.has(node.id)) {
    lines.push(`${first}${TITLES[node.kind]} #${node.id} (drawn above)`);
    return;
  }
  drawn.add(node.id);
  const { title, summary, details } = describeNode(plan, node);
  lines.push(`${first}${title} #${node.id}${summary ? `  ${summary}` : ''}`);
  const stem = node.inputs.length > 0 ? `${rest}│    ` : `${rest}     `;
  for (const detail of details) lines.push(`${stem}${detail}`);
  node.inputs.forEach((input, i) => {
    const last = i === node.inputs.length - 1;
    drawNode(plan, plan.nodes[input], `${rest}${last ? '└─ ' : '├─ '}`, `${rest}${last ? '   ' : '│  '}`, drawn, lines);
  });
}

/** One node as people read it: what `printPlan` draws of it. */
export interface NodeDescription {
  readonly title: string;
  /** What stands behind the title; may be empty. */
  readonly summary: string;
  readonly details: readonly string[];
}

export function describeNode(plan: JobPlan, node: PlanNode): NodeDescription {
  const [summary, ...details] = describe(plan, node);
  if (node.kind !== 'sink') details.push(`gives ${schemaText(node.schema)}  [${kindsText(node)}]`);
  return { title: TITLES[node.kind], summary, details };
}

const TITLES: Record<PlanNode['kind'], string> = {
  scan: 'Scan',
  values: 'Values',
  calc: 'Calc',
  watermark: 'Watermark',
  union: 'Union',
  expand: 'Expand',
  'window-assign': 'WindowAssign',
  'window-aggregate': 'WindowAggregate',
  'group-aggregate': 'GroupAggregate',
  over: 'Over',
  'window-rank': 'WindowRank',
  rank: 'Rank',
  normalize: 'Normalize',
  'upsert-materialize': 'UpsertMaterialize',
  sink: 'Sink',
};

/** What stands behind the node's title, then further lines. */
function describe(plan: JobPlan, node: PlanNode): string[] {
  const names = node.inputs.length > 0 ? plan.nodes[node.inputs[0]].schema.map((field) => field.name) : [];
  const column = (i: number): string => nameText(names[i]);
  const columns = (list: readonly number[]): string => `(${list.map(column).join(', ')})`;
  switch (node.kind) {
    case 'scan':
      return [
        tableText(node.table.name, node.table.bound),
        ...settingsLines(node.table.bound.settings, 'source'),
        `${node.table.bound.bounded ? 'bounded' : 'unbounded'}${node.table.bound.emits === 'upsert' ? ', upserts by key' : ''}`,
      ];
    case 'values':
      return [
        `${node.rows.length} ${node.rows.length === 1 ? 'row' : 'rows'}`,
        ...node.rows.slice(0, 5).map((row) => `(${row.map((value, i) => literalText(value, node.schema[i].type)).join(', ')})`),
        ...(node.rows.length > 5 ? ['…'] : []),
      ];
    case 'calc': {
      const outputs = node.projection.map((expression, i) => {
        const text = expressionText(expression, names);
        const name = nameText(node.schema[i].name);
        return text === name ? name : `${text} AS ${name}`;
      });
      const shape =
        outputs.join(', ').length > 100
          ? outputs.map((output, i) => (i + 1 < outputs.length ? `${output},` : output))
          : [outputs.join(', ')];
      const where = node.condition === null ? [] : [`where ${expressionText(node.condition, names)}`];
      return shape.length === 1 ? [shape[0], ...where] : ['', ...shape, ...where];
    }
    case 'watermark': {
      const idle = node.idleTimeoutMs > 0 ? [`idle after ${durationText(node.idleTimeoutMs)}`] : [];
      const clock =
        node.advanceWhenIdleMs > 0 ? [`goes on with the clock after ${durationText(node.advanceWhenIdleMs)} of silence`] : [];
      return [`${column(node.rowtime)} as ${expressionText(node.expression, names)}`, ...idle, ...clock];
    }
    case 'union':
      return [''];
    case 'expand':
      return [`${node.sets.length} grouping sets`, ...node.sets.map((set) => `${set.id}: NULL in ${columns(set.nulls)}`)];
    case 'window-assign':
      return [`${windowText(node.window, names)} on ${column(node.timeColumn)}`];
    case 'window-aggregate':
      return [
        `${windowText(node.window, names)} on ${column(node.timeColumn)}, by ${columns(node.keys)}`,
        ...node.aggregates.map((call) => aggregateText(call, names)),
        ...(node.properties.length > 0 ? [`window ${node.properties.join(', ')}`] : []),
      ];
    case 'group-aggregate':
      return [
        `by ${columns(node.keys)}${ttlText(node.stateTtlMs)}`,
        ...node.aggregates.map((call) => aggregateText(call, names)),
      ];
    case 'over': {
      const { unit, preceding } = node.frame;
      const reach = preceding === Infinity ? 'UNBOUNDED' : unit === 'rows' ? String(preceding) : durationText(preceding);
      return [
        `by ${columns(node.partition)}, order by ${node.time === 'proctime' ? 'PROCTIME()' : column(node.orderColumn)}${ttlText(node.stateTtlMs)}`,
        `${unit.toUpperCase()} BETWEEN ${reach} PRECEDING AND CURRENT ROW`,
        ...node.aggregates.map((call) => aggregateText(call, names)),
      ];
    }
    case 'window-rank':
      return [
        `rows ${node.start} to ${node.end} by ${columns(node.partition)} and window, order by ${orderText(node.order, names)}`,
        ...(node.withRank ? ['with the row number'] : []),
      ];
    case 'rank':
      return [
        `rows ${node.start} to ${node.end} by ${columns(node.partition)}, order by ${orderText(node.order, names)}${ttlText(node.stateTtlMs)}`,
        ...(node.withRank ? ['with the row number'] : []),
      ];
    case 'normalize':
      return [`upserts by ${columns(node.keys)} to a full changelog${ttlText(node.stateTtlMs)}`];
    case 'upsert-materialize':
      return [`the last row of each ${columns(node.keys)}${ttlText(node.stateTtlMs)}`];
    case 'sink':
      return sinkText(node, names);
    default:
      return unreachable(node);
  }
}

function sinkText(node: SinkNode, names: readonly string[]): string[] {
  const rows = `takes ${schemaText(node.schema)}`;
  if (node.table === null) return ['the result of SELECT, as a table on stdout', rows];
  const { bound } = node.table;
  const takes = { changelog: 'any change', upsert: 'upserts', insert: 'inserts only' }[bound.accepts];
  const key =
    node.primaryKey.length > 0
      ? `, key (${node.primaryKey.map((i) => nameText(node.schema[i]?.name ?? names[i])).join(', ')})`
      : '';
  return [tableText(node.table.name, bound), ...settingsLines(bound.settings, 'sink'), rows, `${takes}${key}`];
}

function tableText(name: string, bound: { connector: string; format?: { format: string } }): string {
  return `${nameText(name)}: ${bound.connector}${bound.format ? ` (${bound.format.format})` : ''}`;
}

/** The settings that tell where a table lies and what of it is read. Others are details, or secrets. */
const SHOWN_SETTINGS = ['path', 'topics', 'topicPattern', 'start', 'index', 'hosts', 'numberOfRows', 'rowsPerSecond'];

function settingsLines(settings: Readonly<Record<string, unknown>>, use: 'source' | 'sink'): string[] {
  return SHOWN_SETTINGS.flatMap((key) => {
    const value = settings[key];
    if (value === undefined || value === null) return [];
    if (key === 'start') {
      return use === 'source' ? [`${key} = ${(value as { readonly mode: string }).mode}`] : [];
    }
    return [`${key} = ${Array.isArray(value) ? value.join(', ') : String(value)}`];
  });
}

function schemaText(schema: Schema): string {
  const fields = schema.map((field) => {
    const time = field.timeAttribute ? ` *${field.timeAttribute.toUpperCase()}*` : '';
    return `${nameText(field.name)} ${typeName(field.type)}${time}`;
  });
  return `(${fields.join(', ')})`;
}

const kindsText = (node: PlanNode): string => (node.changelog === 'insert' ? '+I' : '+I -U +U -D');

const ttlText = (ttlMs: number): string => (ttlMs > 0 ? `, state kept for ${durationText(ttlMs)}` : '');

function windowText(window: WindowSpec, names: readonly string[]): string {
  if (window.kind === 'attached') return `windows (${nameText(names[window.startColumn])}, ${nameText(names[window.endColumn])})`;
  const offset = window.offset === 0 ? '' : `, offset ${durationText(window.offset)}`;
  switch (window.kind) {
    case 'tumble':
      return `TUMBLE(${durationText(window.size)}${offset})`;
    case 'hop':
      return `HOP(${durationText(window.slide)}, ${durationText(window.size)}${offset})`;
    case 'cumulate':
      return `CUMULATE(${durationText(window.step)}, ${durationText(window.maxSize)}${offset})`;
    default:
      return unreachable(window);
  }
}

function aggregateText(call: AggregateCall, names: readonly string[]): string {
  const args = call.args.map((arg, i) => {
    const literal = call.literals[i];
    return literal === undefined ? nameText(names[arg]) : literalText(literal, call.argTypes[i]);
  });
  const filter = call.filter >= 0 ? ` FILTER (WHERE ${nameText(names[call.filter])})` : '';
  return `${sqlNameOf(call.function)}(${call.distinct ? 'DISTINCT ' : ''}${args.length > 0 ? args.join(', ') : '*'})${filter}`;
}

/** A function that only the planner can call is shown by the name that stands in the file: `$AVG_OVER` is AVG. */
const sqlNameOf = (name: string): string => name.replace(/^\$([A-Z]+)_OVER$/, '$1');

function orderText(order: readonly SortKey[], names: readonly string[]): string {
  return order.map((key) => `${nameText(names[key.column])}${key.descending ? ' DESC' : ''}`).join(', ');
}
