/** The partition that Kafka's default partitioner gives a key, so that a topic that moves to Kafka keeps its partitions. */
export function partitionOfKey(bytes: Uint8Array, start: number, end: number, partitions: number): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % partitions;
}

/** Kafka's variant of the 32-bit murmur2 hash (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const multiplier = 0x5bd1e995;
  let hash = 0x9747b28c ^ length;
  const whole = end - (length & 3);
  let at = start;
  for (; at < whole; at += 4) {
    let word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const rest = end - at;
  if (rest === 3) hash ^= bytes[at + 2] << 16;
  if (rest >= 2) hash ^= bytes[at + 1] << 8;
  if (rest >= 1) hash = Math.imul(hash ^ bytes[at], multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}
