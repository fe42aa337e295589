// Kafka's record batch (magic 2): where its fields lie. https://kafka.apache.org/documentation/#recordbatch

export const LENGTH = 8;
export const LEADER_EPOCH = 12;
export const MAGIC = 16;
export const CHECKSUM = 17;
export const ATTRIBUTES = 21;
export const LAST_OFFSET_DELTA = 23;
export const BASE_TIMESTAMP = 27;
export const MAX_TIMESTAMP = 35;
export const PRODUCER_ID = 43;
export const PRODUCER_EPOCH = 51;
export const BASE_SEQUENCE = 53;
export const RECORD_COUNT = 57;
export const RECORDS = 61;
/** What the length counts begins here. */
export const AFTER_LENGTH = 12;

/** Bits of the attributes. */
export const CODEC = 0x07;
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
export const CONTROL = 0x20;
