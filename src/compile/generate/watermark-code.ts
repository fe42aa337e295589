import type { GeneratedCode } from '../../plan/code.ts';
import type { Expression } from '../../plan/expression.ts';
import { storageOf } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import { ExpressionWriter } from './expression-code.ts';

/** The loop of a watermark node: `(input, target) => void`; target[i] gets the milliseconds of row i's watermark, NaN for NULL. */
export function watermarkCode(schema: Schema, expression: Expression): GeneratedCode {
  const writer = new ExpressionWriter(schema);
  const exact = loopOf(writer, expression);
  const times = [...writer.valueColumns].filter((column) => storageOf(schema[column].type) === 'timestamp');
  // Without digits below the millisecond all is doubles, which V8 then keeps out of the heap.
  writer.wholeMillis = true;
  const whole = times.length === 0 ? [] : loopOf(writer, expression);
  const source = [
    ...writer.prologue(),
    ...(times.length === 0 ? [] : [`if (${times.map((column) => `nanos${column} === null`).join(' && ')}) {`]),
    ...whole.map((line) => `  ${line}`),
    ...(times.length === 0 ? [] : ['  return;', '}']),
    ...exact,
  ];
  return {
    name: 'watermark',
    parameters: ['input', 'target'],
    source: source.join('\n'),
    constants: writer.constants,
    calls: writer.calls,
  };
}

function loopOf(writer: ExpressionWriter, expression: Expression): string[] {
  const first = writer.lines.length;
  writer.block('for (let i = 0, length = input.length; i < length; i++)', () => {
    const { value, isNull } = writer.write(expression);
    const millis = `millisOf(${value})`;
    writer.line(`target[i] = ${isNull === 'false' ? millis : isNull === 'true' ? 'NaN' : `${isNull} ? NaN : ${millis}`};`);
  });
  return writer.lines.slice(first).map((line) => line.slice(4));
}
