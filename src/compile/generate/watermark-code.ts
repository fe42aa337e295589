import type { GeneratedCode } from '../../plan/code.ts';
import type { Expression } from '../../plan/expression.ts';
import type { Schema } from '../../types/schema.ts';
import { ExpressionWriter } from './expression-code.ts';

/** The loop of a watermark node: `(input, target) => void`; target[i] gets the milliseconds of row i's watermark, NaN for NULL. */
export function watermarkCode(schema: Schema, expression: Expression): GeneratedCode {
  const writer = new ExpressionWriter(schema);
  const { value, isNull } = writer.write(expression);
  const millis = `millisOf(${value})`;
  writer.line(`target[i] = ${isNull === 'false' ? millis : isNull === 'true' ? 'NaN' : `${isNull} ? NaN : ${millis}`};`);
  const source = [
    ...writer.prologue(),
    'for (let i = 0, length = input.length; i < length; i++) {',
    ...writer.lines.map((line) => line.slice(2)),
    '}',
  ];
  return {
    name: 'watermark',
    parameters: ['input', 'target'],
    source: source.join('\n'),
    constants: writer.constants,
    calls: writer.calls,
  };
}
