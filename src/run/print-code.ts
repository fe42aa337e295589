import { findFormat } from '../formats/registry.ts';
import type { GeneratedCode } from '../plan/code.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import type { PlanNode } from '../plan/node.ts';

/** The JavaScript generated for a plan: decoders of sources, then expressions, each under the number of its node in the plan. */
export function printCode(plan: JobPlan): string {
  return plan.nodes.flatMap((node) => nodeCode(node) ?? []).join('\n');
}

/** The JavaScript generated for one node; undefined when there is none. */
export function nodeCode(node: PlanNode): string | undefined {
  if (node.kind === 'scan') {
    const { format } = node.table.bound;
    const targets = node.table.physical.map((_, i) => i);
    const code =
      format === undefined ? undefined : findFormat(format.format)?.decoderCode?.(format, node.table.physical, targets);
    return code === undefined ? undefined : `// #${node.id} decoder of ${node.table.name}\n${code.trimEnd()}\n`;
  }
  if (!('code' in node)) return undefined;
  const code = 'accumulators' in node.code ? node.code.accumulators : node.code;
  return `// #${node.id} ${node.kind}\n${functionText(code)}`;
}

function functionText({ name, parameters, source, constants, calls }: GeneratedCode): string {
  const values = constants.map(
    (value, i) => `//   k[${i}] = ${typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)}\n`,
  );
  const functions = calls.map((site, i) => `//   f${i} = ${site.function}\n`);
  const body = source.trimEnd().replace(/^/gm, '  ');
  return `${values.join('')}${functions.join('')}function ${name.replace(/[^A-Za-z0-9_$]+/g, '_')}(${parameters.join(', ')}) {\n${body}\n}\n`;
}
