import { Consumer } from '@platformatic/kafka';
import { servers } from '../test/stack/servers.ts';

/** Where an engine writes: a topic with one partition, or an index. */
export interface OutputPlace {
  readonly kind: 'topic' | 'index';
  readonly name: string;
}

/** Tells how much there is, again and again; close it at the end. */
export interface OutputGauge {
  /** Records of the topic, or documents written to the index so far, visible to a search or not. */
  count(): Promise<number>;
  close(): Promise<void>;
}

export function gaugeOf({ kind, name }: OutputPlace): OutputGauge {
  return kind === 'topic' ? topicGauge(name) : { count: () => documentsWritten(name), close: () => Promise.resolve() };
}

function topicGauge(topic: string): OutputGauge {
  const consumer = new Consumer({ groupId: 'isobar-bench', clientId: 'isobar-bench', bootstrapBrokers: [servers.kafka] });
  return {
    count: async () => Number((await consumer.listOffsets({ topics: [topic] })).get(topic)?.[0] ?? 0n),
    close: () => consumer.close(),
  };
}

async function documentsWritten(index: string): Promise<number> {
  const response = await fetch(`${servers.elasticsearch}/${index}/_stats/indexing`);
  if (!response.ok) return 0;
  const { _all: all } = (await response.json()) as { _all: { primaries: { indexing?: { index_total: number } } } };
  return all.primaries.indexing?.index_total ?? 0;
}
