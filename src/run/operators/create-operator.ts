import type { PlanKind, PlanNode } from '../../plan/node.ts';
import type { Schema } from '../../types/schema.ts';
import { WatermarkOperator } from '../watermark/watermark-operator.ts';
import { CalcOperator } from './calc-operator.ts';
import { ExpandOperator } from './expand-operator.ts';
import { GroupAggregateOperator } from './group-aggregate-operator.ts';
import { NormalizeOperator } from './normalize-operator.ts';
import type { Operator, OperatorContext, Output } from './operator.ts';
import { OverOperator } from './over-operator.ts';
import { RankOperator } from './rank-operator.ts';
import { RunningOverOperator } from './running-over-operator.ts';
import { UnionOperator } from './union-operator.ts';
import { UpsertMaterializeOperator } from './upsert-materialize-operator.ts';
import { WindowAggregateOperator } from './window-aggregate-operator.ts';
import { WindowAssignOperator } from './window-assign-operator.ts';
import { WindowRankOperator } from './window-rank-operator.ts';

/** Where rows come from and where they end is the job's business. */
type OperatorKind = Exclude<PlanKind, 'scan' | 'values' | 'sink'>;
type NodeOf<K extends PlanKind> = Extract<PlanNode, { kind: K }>;

const factories: {
  [K in OperatorKind]: (node: NodeOf<K>, inputs: readonly Schema[], output: Output, context: OperatorContext) => Operator;
} = {
  calc: (node, [input], output, context) => new CalcOperator(node, input, output, context),
  watermark: (node, _inputs, output, context) => new WatermarkOperator(node, output, context),
  union: (node, _inputs, output) => new UnionOperator(node, output),
  expand: (node, [input], output) => new ExpandOperator(node, input, output),
  'window-assign': (node, [input], output, context) => new WindowAssignOperator(node, input, output, context),
  'window-aggregate': (node, [input], output, context) => new WindowAggregateOperator(node, input, output, context),
  'group-aggregate': (node, [input], output, context) => new GroupAggregateOperator(node, input, output, context),
  over: (node, [input], output, context) =>
    node.time === 'proctime' && node.frame.preceding === Infinity
      ? new RunningOverOperator(node, input, output, context)
      : new OverOperator(node, input, output, context),
  'window-rank': (node, [input], output, context) => new WindowRankOperator(node, input, output, context),
  rank: (node, [input], output, context) => new RankOperator(node, input, output, context),
  normalize: (node, _inputs, output, context) => new NormalizeOperator(node, output, context),
  'upsert-materialize': (node, _inputs, output, context) => new UpsertMaterializeOperator(node, output, context),
};

/** The operator for a node; `inputs` are the schemas of the node's inputs. */
export function createOperator(
  node: NodeOf<OperatorKind>,
  inputs: readonly Schema[],
  output: Output,
  context: OperatorContext,
): Operator {
  const factory = factories[node.kind] as (
    node: PlanNode,
    inputs: readonly Schema[],
    output: Output,
    context: OperatorContext,
  ) => Operator;
  return factory(node, inputs, output, context);
}
