import type { PlanNode } from '../../plan/node.ts';

/**
 * The sets of columns by which a node's changelog updates its rows: among the rows that hold at any time no two agree in all
 * columns of such a set. The empty set says that there is one row at most.
 *
 * A Top-N with the rank in its rows keeps the keys of its input, and Flink counts them. But an update moves rows from rank to
 * rank, so that one key is there twice until all of the update has been seen: `throughRanks` says whether they count here.
 */
export function upsertKeysOf(nodes: readonly PlanNode[], id: number, throughRanks: boolean): readonly (readonly number[])[] {
  const node = nodes[id];
  const inputKeys = (): readonly (readonly number[])[] => upsertKeysOf(nodes, node.inputs[0], throughRanks);
  switch (node.kind) {
    case 'group-aggregate':
      return [node.keys.map((_, i) => i)];
    case 'normalize':
      return [node.keys];
    case 'window-aggregate': {
      const keys = node.keys.map((_, i) => i);
      const first = keys.length + node.aggregates.length;
      return node.properties.map((_, i) => [...keys, first + i]);
    }
    case 'rank':
      return [
        ...(node.start === node.end ? [node.partition] : []),
        ...(node.withRank ? [[...node.partition, node.schema.length - 1]] : []),
        ...(!node.withRank || throughRanks ? inputKeys() : []),
      ];
    case 'calc': {
      const positionOf = (column: number): number =>
        node.projection.findIndex((expression) => expression.kind === 'column' && expression.index === column);
      return inputKeys()
        .map((key) => key.map(positionOf))
        .filter((key) => !key.includes(-1));
    }
    default:
      return [];
  }
}
