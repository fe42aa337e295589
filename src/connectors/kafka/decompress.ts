import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Decompress } from './record-batch-decoder.ts';
import type { KafkaLibrary } from './load-kafka-library.ts';

/** Kafka's codecs by number: 1 gzip, 2 snappy (also in the frames of Java's xerial), 3 lz4 frames, 4 zstd. */
export function createDecompress({ compressionsAlgorithms }: KafkaLibrary): Decompress {
  return (codec, bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    switch (codec) {
      case 1:
        return gunzipSync(buffer);
      case 2:
        return compressionsAlgorithms.snappy.decompressSync(buffer);
      case 3:
        return compressionsAlgorithms.lz4.decompressSync(buffer);
      default:
        return zstdDecompressSync(buffer);
    }
  };
}
