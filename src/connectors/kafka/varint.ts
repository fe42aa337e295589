/**
 * Kafka's variable-length numbers: seven bits a byte, the lowest first, zigzag so that small negative ones are short. Two calls
 * for one number, its value and its size, so that a reader's place stays a local variable. Past the array's end the value is
 * not a number, which no check of a length lets through.
 */
export function readVarint(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return (first >>> 1) ^ -(first & 1);
  const second = bytes[at + 1];
  if (second < 0x80) return (((first & 0x7f) | (second << 7)) >>> 1) ^ -(first & 1);
  return readLongVarint(bytes, at);
}

/** How many bytes the number at `at` has. */
export function varintSize(bytes: Uint8Array, at: number): number {
  return bytes[at] < 0x80 ? 1 : bytes[at + 1] < 0x80 ? 2 : longVarintSize(bytes, at);
}

/** Exact to 53 bits, as every number within a record is; NaN when it does not end within ten bytes. */
function readLongVarint(bytes: Uint8Array, at: number): number {
  const size = longVarintSize(bytes, at);
  if (size > 10 || at + size > bytes.length) return NaN;
  if (size <= 4) {
    let raw = 0;
    for (let i = size - 1; i >= 0; i--) raw = (raw << 7) | (bytes[at + i] & 0x7f);
    return (raw >>> 1) ^ -(raw & 1);
  }
  let raw = 0n;
  for (let i = size - 1; i >= 0; i--) raw = (raw << 7n) | BigInt(bytes[at + i] & 0x7f);
  return Number(BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n)));
}

function longVarintSize(bytes: Uint8Array, at: number): number {
  let size = 1;
  while (size <= 10 && bytes[at + size - 1] >= 0x80) size++;
  return size;
}
