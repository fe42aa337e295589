import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../pipelines');

/**
 * The text of `pipelines/NAME.sql` with other names for its topics and its index. With `endsWithInput` it ends at the end of its
 * input, so that the last windows close on any engine, and the watermark follows each record: Flink otherwise sends it every 200 ms,
 * and what is late would depend on timing.
 */
export function pipelineText(
  name: 'weather' | 'cities',
  names: Readonly<Record<string, string>>,
  { endsWithInput }: { readonly endsWithInput: boolean },
): string {
  const text = readFileSync(join(folder, `${name}.sql`), 'utf8').replace(
    /('(?:topic|index)' = )'([^']*)'/g,
    (_, option: string, original: string) => `${option}'${names[original]}'`,
  );
  if (!endsWithInput) return text;
  return text.replace(
    /'scan\.startup\.mode'/g,
    "'scan.bounded.mode' = 'latest-offset',\n  'scan.watermark.emit.strategy' = 'on-event',\n  $&",
  );
}
