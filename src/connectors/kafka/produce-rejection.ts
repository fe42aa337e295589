import { RunError } from '../../base/problem.ts';
import type { KafkaLibrary } from './load-kafka-library.ts';

/** What a broker's error code means for a batch: sent again now or elsewhere, counted anew, cut in two, or refused for good. */
export interface Rejection {
  readonly kind: 'none' | 'temporary' | 'stale' | 'sequence' | 'large' | 'fenced' | 'final';
  readonly error: Error;
}

const KINDS: ReadonlyMap<string, Rejection['kind']> = new Map([
  ['DUPLICATE_SEQUENCE_NUMBER', 'none'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'stale'],
  ['UNKNOWN_TOPIC_ID', 'stale'],
  ['LEADER_NOT_AVAILABLE', 'stale'],
  ['NOT_LEADER_OR_FOLLOWER', 'stale'],
  ['BROKER_NOT_AVAILABLE', 'stale'],
  ['FENCED_LEADER_EPOCH', 'stale'],
  ['UNKNOWN_LEADER_EPOCH', 'stale'],
  ['KAFKA_STORAGE_ERROR', 'stale'],
  ['CORRUPT_MESSAGE', 'temporary'],
  ['REQUEST_TIMED_OUT', 'temporary'],
  ['NETWORK_EXCEPTION', 'temporary'],
  ['COORDINATOR_LOAD_IN_PROGRESS', 'temporary'],
  ['COORDINATOR_NOT_AVAILABLE', 'temporary'],
  ['NOT_COORDINATOR', 'temporary'],
  ['CONCURRENT_TRANSACTIONS', 'temporary'],
  ['NOT_ENOUGH_REPLICAS', 'temporary'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'temporary'],
  ['THROTTLING_QUOTA_EXCEEDED', 'temporary'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'sequence'],
  ['UNKNOWN_PRODUCER_ID', 'sequence'],
  ['MESSAGE_TOO_LARGE', 'large'],
  ['RECORD_LIST_TOO_LARGE', 'large'],
  ['INVALID_PRODUCER_EPOCH', 'fenced'],
  ['PRODUCER_FENCED', 'fenced'],
  ['INVALID_PRODUCER_ID_MAPPING', 'fenced'],
  ['INVALID_TXN_STATE', 'fenced'],
  ['TRANSACTION_ABORTABLE', 'fenced'],
]);

const ACCEPTED: Rejection = { kind: 'none', error: new RunError('NONE', 'none') };

const FORBIDDEN: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: 'Let an administrator allow WRITE, DESCRIBE and, for topics that are not there, CREATE on it.',
  CLUSTER_AUTHORIZATION_FAILED: `Let an administrator allow IDEMPOTENT_WRITE on the cluster, or set 'properties.enable.idempotence' = 'false'.`,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: `Let an administrator allow WRITE and DESCRIBE on transactional ids with this prefix ('sink.transactional-id-prefix').`,
};

/** `subject` is what was written to, such as `topic "t" partition 0`; `detail` is what the broker says. */
export function rejection(
  library: KafkaLibrary,
  errorCode: number,
  address: string,
  subject: string,
  detail?: string,
): Rejection {
  if (errorCode === 0) return ACCEPTED;
  const id = (library.protocolErrorsCodesById as Readonly<Record<number, string>>)[errorCode] ?? `error ${errorCode}`;
  const kind = KINDS.get(id);
  if (kind !== undefined) return { kind, error: new RunError(id, id.toLowerCase().replaceAll('_', ' ')) };
  if (id in FORBIDDEN) {
    const message = `writing to ${subject} is not allowed to this user by Kafka at ${address} (${id})`;
    return { kind: 'final', error: new RunError('KAFKA_FORBIDDEN', message, FORBIDDEN[id]) };
  }
  const reason = detail === undefined ? id : `${detail.replace(/\.$/, '')} (${id})`;
  const message = `Kafka at ${address} refuses records for ${subject}: ${reason}`;
  return { kind: 'final', error: new RunError('KAFKA_REFUSED', message, HINTS[id]) };
}

const HINTS: Readonly<Record<string, string>> = {
  INVALID_RECORD: 'A compacted topic takes only records with a key: add key.fields and key.format, or use upsert-kafka.',
  INVALID_TIMESTAMP: `The topic's message.timestamp.* settings do not allow the timestamp that the rows carry.`,
  INVALID_TOPIC_EXCEPTION: `Choose another name with 'topic'.`,
  POLICY_VIOLATION: 'The broker has a policy against it: ask its administrator.',
};
