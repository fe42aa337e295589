import type { ConnectorContext } from '../connectors/connector.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import type { PlanNode } from '../plan/node.ts';
import type { Batch } from '../types/batch.ts';
import { createOperator } from './operators/create-operator.ts';
import type { Operator, OperatorContext, Output } from './operators/operator.ts';
import { placeFailure } from './place-failure.ts';
import { SinkWriter } from './sink-writer.ts';
import type { WatermarkOperator } from './watermark/watermark-operator.ts';

/**
 * The plan's nodes between the sources and the outside, wired to each other. Rows are pushed in at scan nodes and reach the
 * sinks before the call returns; what slow sinks are still busy with is in `pendingWrites`.
 */
export class Graph {
  readonly operators = new Map<number, Operator>();
  readonly sinks: SinkWriter[] = [];
  /** The node that is at work; after a failure, the one that failed. Null when what is done concerns no single one. */
  running: PlanNode | null = null;
  readonly #plan: JobPlan;
  #pendingWrites: Promise<void>[] = [];
  readonly #outputs: Output[];

  constructor(plan: JobPlan, connectors: ConnectorContext, operators: OperatorContext) {
    this.#plan = plan;
    const consumers: Output[][] = plan.nodes.map(() => []);
    this.#outputs = consumers.map((list) => fanOut(list));
    for (const node of plan.nodes) {
      if (node.kind === 'scan' || node.kind === 'values') continue;
      if (node.kind === 'sink') {
        const writer = new SinkWriter(node, connectors);
        this.sinks.push(writer);
        consumers[node.inputs[0]].push(this.#sinkInput(node, writer));
        continue;
      }
      const operator = createOperator(
        node,
        node.inputs.map((input) => plan.nodes[input].schema),
        this.#outputs[node.id],
        operators,
      );
      this.operators.set(node.id, operator);
      node.inputs.forEach((input, i) => consumers[input].push(this.#operatorInput(node, operator, i)));
    }
  }

  /** What a source's node gives its rows to. */
  outputOf(node: PlanNode): Output {
    return this.#outputs[node.id];
  }

  /** The operators that make watermarks of the rows of a source's node. */
  watermarksBehind(source: number): WatermarkOperator[] {
    const fed = new Set([source]);
    const found: WatermarkOperator[] = [];
    for (const node of this.#plan.nodes) {
      if (!node.inputs.some((input) => fed.has(input))) continue;
      if (node.kind === 'watermark') found.push(this.operators.get(node.id) as WatermarkOperator);
      else fed.add(node.id);
    }
    return found;
  }

  /**
   * The rows of a source come together again after they have gone several ways: a union would give a batch of one way behind a
   * batch of the other, so that the order of its rows would depend on the batches.
   */
  meetsItself(source: number): boolean {
    const fed = new Set([source]);
    for (const node of this.#plan.nodes) {
      const ways = node.inputs.filter((input) => fed.has(input)).length;
      if (ways > 1) return true;
      if (ways === 1) fed.add(node.id);
    }
    return false;
  }

  /** Fails where a sink has found out meanwhile that it cannot go on. */
  check(): void {
    for (const { node, sink } of this.sinks) {
      this.running = node;
      sink.check?.();
    }
    this.running = null;
  }

  /** Writes that sinks have not finished: to be awaited before more rows are pushed in. Null when there are none. */
  pendingWrites(): Promise<unknown> | null {
    if (this.#pendingWrites.length === 0) return null;
    const pending = Promise.all(this.#pendingWrites);
    this.#pendingWrites = [];
    return pending;
  }

  #operatorInput(node: PlanNode, operator: Operator, input: number): Output {
    return {
      collect: (batch) => {
        const caller = this.running;
        this.running = node;
        operator.process(input, batch);
        this.running = caller;
      },
      advance: (watermark) => {
        const caller = this.running;
        this.running = node;
        operator.advance(input, watermark);
        this.running = caller;
      },
    };
  }

  #sinkInput(node: PlanNode, writer: SinkWriter): Output {
    return {
      collect: (batch) => {
        const caller = this.running;
        this.running = node;
        const pending = writer.write(batch);
        if (pending !== undefined) {
          const placed = pending.catch((error: unknown) => Promise.reject(placeFailure(error, node, this.#plan.source) as Error));
          // Observed at once: a failure before anybody awaits it is still the job's.
          placed.catch(() => {});
          this.#pendingWrites.push(placed);
        }
        this.running = caller;
      },
      advance: () => {},
    };
  }
}

/** An output that gives to all of `consumers`, which are still being added. */
function fanOut(consumers: readonly Output[]): Output {
  return {
    collect(batch: Batch): void {
      for (let i = 0; i < consumers.length; i++) consumers[i].collect(batch);
    },
    advance(watermark: number): void {
      for (let i = 0; i < consumers.length; i++) consumers[i].advance(watermark);
    },
  };
}
