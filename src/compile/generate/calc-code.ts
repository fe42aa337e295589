import { storageOf } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import type { Expression } from '../../plan/expression.ts';
import type { GeneratedCode } from '../../plan/code.ts';
import { ExpressionWriter, isTrue, type Operand } from './expression-code.ts';

/**
 * The loop of a calc node: `(input, output, rows) => n`. For each row of `input` that the condition lets pass it writes the
 * computed columns of `output` and, when there is a condition, the row's index into `rows`; it answers how many passed.
 * Columns that are only passed on are left to the operator.
 */
export function calcCode(schema: Schema, condition: Expression | null, projection: readonly Expression[]): GeneratedCode {
  const writer = new ExpressionWriter(schema);
  if (condition !== null) {
    const operand = writer.write(condition);
    writer.line(`if (!(${isTrue(operand)})) continue;`);
    writer.line('rows[n] = i;');
  }
  const targets: string[] = [];
  projection.forEach((expression, column) => {
    if (expression.kind === 'column') return;
    const storage = storageOf(expression.type);
    targets.push(
      `const o${column} = output.columns[${column}], ov${column} = o${column}.values, on${column} = o${column}.nulls;`,
    );
    writeColumn(writer, column, storage, writer.write(expression));
  });
  writer.line('n++;');
  const source = [
    ...writer.prologue(),
    ...targets,
    'let n = 0;',
    'for (let i = 0, length = input.length; i < length; i++) {',
    ...writer.lines.map((line) => line.slice(2)),
    '}',
    'return n;',
  ];
  return {
    name: 'calc',
    parameters: ['input', 'output', 'rows'],
    source: source.join('\n'),
    constants: writer.constants,
    calls: writer.calls,
  };
}

function writeColumn(writer: ExpressionWriter, column: number, storage: string, { value, isNull }: Operand): void {
  if (isNull === 'true') return writer.line(`on${column}[n] = 1;`);
  const write = (): void => {
    writer.line(`on${column}[n] = 0;`);
    if (storage === 'boolean') writer.line(`ov${column}[n] = ${value} ? 1 : 0;`);
    else if (storage === 'timestamp')
      writer.line(
        `if (typeof ${value} === 'number' && o${column}.nanos === null) ov${column}[n] = ${value}; else o${column}.set(n, ${value});`,
      );
    else writer.line(`ov${column}[n] = ${value};`);
  };
  if (isNull === 'false') return write();
  writer.block(`if (${isNull})`, () => writer.line(`on${column}[n] = 1;`));
  writer.block('else', write);
}
