import type { OptionReader } from '../options.ts';
import type { EndPosition, StartPosition } from './settings.ts';

const START_MODES = ['earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'] as const;
const END_MODES = ['unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'] as const;

/** `scan.startup.mode` and what belongs to it. */
export function bindStart(reader: OptionReader, isSingleTopic: boolean): StartPosition {
  return bindPosition(reader, 'scan.startup', START_MODES, 'group-offsets', isSingleTopic);
}

/** `scan.bounded.mode` and what belongs to it. */
export function bindEnd(reader: OptionReader, isSingleTopic: boolean): EndPosition {
  return bindPosition(reader, 'scan.bounded', END_MODES, 'unbounded', isSingleTopic);
}

function bindPosition<M extends string>(
  reader: OptionReader,
  prefix: string,
  modes: readonly M[],
  fallback: M,
  isSingleTopic: boolean,
):
  | { mode: Exclude<M, 'timestamp' | 'specific-offsets'> }
  | { mode: 'timestamp'; timestamp: number }
  | { mode: 'specific-offsets'; offsets: Record<string, number> } {
  const mode: string = reader.oneOf(`${prefix}.mode`, modes, fallback);
  const timestamp = reader.integer(`${prefix}.timestamp-millis`, { min: 0 });
  const offsets = bindOffsets(reader, `${prefix}.specific-offsets`);
  const { options } = reader.table;
  if (mode === 'timestamp') {
    if (!options.has(`${prefix}.timestamp-millis`))
      reader.missing(`${prefix}.timestamp-millis`, `'${prefix}.mode' = 'timestamp' needs it: milliseconds since 1970.`);
    return { mode, timestamp: timestamp ?? 0 };
  }
  if (mode === 'specific-offsets') {
    if (!options.has(`${prefix}.specific-offsets`)) {
      reader.missing(
        `${prefix}.specific-offsets`,
        `'${prefix}.mode' = 'specific-offsets' needs it, for example 'partition:0,offset:42'.`,
      );
    }
    if (!isSingleTopic) reader.invalid(`${prefix}.mode`, 'works only with one topic', `Name one topic with the option 'topic'.`);
    return { mode, offsets };
  }
  return { mode: mode as Exclude<M, 'timestamp' | 'specific-offsets'> };
}

/** `partition:0,offset:42;partition:1,offset:300` */
function bindOffsets(reader: OptionReader, key: string): Record<string, number> {
  const offsets: Record<string, number> = {};
  const text = reader.text(key);
  if (text === undefined) return offsets;
  for (const part of text.replace(/;$/, '').split(';')) {
    const match = /^partition:(\d{1,9}),offset:(\d{1,15})$/.exec(part);
    if (match === null) {
      reader.invalid(key, 'is not a list of offsets', `Write it as 'partition:0,offset:42;partition:1,offset:300'.`);
      break;
    }
    offsets[match[1]] = Number(match[2]);
  }
  return offsets;
}
