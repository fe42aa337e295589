import { assert } from '../base/assert.ts';
import type { Encoder } from '../formats/format.ts';
import { findFormat } from '../formats/registry.ts';
import type { Schema } from '../types/schema.ts';
import type { BoundFormat } from './connector.ts';

/** The encoder of a bound format for some columns of a batch: `sources[i]` holds field i of `schema`. */
export function encoderOf(bound: BoundFormat, schema: Schema, sources: readonly number[], timeZone: string): Encoder {
  const format = findFormat(bound.format);
  assert(format?.createEncoder !== undefined, `format ${bound.format} cannot encode`);
  return format.createEncoder(bound, schema, sources, { timeZone });
}
