import type { SqlType } from '../types/sql-type.ts';
import type { Conversion } from './cast.ts';

/** Casts of bytes to bytes. */
export function castBinary(to: SqlType): Conversion | undefined {
  return to.kind === 'BINARY' || to.kind === 'VARBINARY' ? (value: Uint8Array) => fitBytes(value, to) : undefined;
}

/** Bytes cut to the length of their type and, for BINARY, filled up with zeros. */
export function fitBytes(bytes: Uint8Array, type: Extract<SqlType, { readonly length: number }>): Uint8Array {
  if (bytes.length > type.length) return bytes.slice(0, type.length);
  if (type.kind === 'VARBINARY' || bytes.length === type.length) return bytes;
  const filled = new Uint8Array(type.length);
  filled.set(bytes);
  return filled;
}
