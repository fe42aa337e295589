import type { KafkaLibrary } from './load-kafka-library.ts';

/** CRC-32C. Within the library's own buffer the bytes reach the native implementation without being copied. */
export function createRecordChecksum({ crc32c, Writer }: KafkaLibrary): (bytes: Uint8Array) => number {
  return (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return crc32c(Writer.create().append(buffer).dynamicBuffer);
  };
}
