/** A copy that is twice as long, 64 from nothing, or as long as said. */
export function grownInts(from: Int32Array, capacity = Math.max(64, from.length * 2)): Int32Array<ArrayBuffer> {
  const to = new Int32Array(capacity);
  to.set(from);
  return to;
}
