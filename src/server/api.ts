// The dashboard's HTTP API as types: what each address takes and answers. docs/api.md tells it in prose. This file imports
// nothing, so that the page can import its types.

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** Every answer with a status of 400 or more, and the event `error` of a stream. */
export interface ApiError {
  readonly error: {
    /** Stable and upper case, for example `INDEX_NOT_FOUND`. */
    readonly code: string;
    /** One line, lower case. */
    readonly message: string;
    /** What to do. */
    readonly hint: string | null;
  };
}

// ---------------------------------------------------------------------------------------------------------------- session

/** GET /api/info */
export interface Info {
  readonly version: string;
  /** The command that serves: pages may leave out what does not fit. */
  readonly command: 'dev' | 'run';
  readonly startedAt: Instant;
  /** The server's clock at the time of the answer. */
  readonly now: Instant;
  /** The zone in which times without zone are read, for example `Europe/Budapest`. */
  readonly timeZone: string;
  /** There is a local store: indexes, topics and the SQL page work. False for a job on real Kafka and Elasticsearch. */
  readonly hasStore: boolean;
  /** A text to begin with on the SQL page, for each pipeline its tables and a SELECT. */
  readonly examples: readonly SqlExample[];
}

export interface SqlExample {
  readonly title: string;
  readonly text: string;
}

/** POST /api/session, when the server wants a token: answers 204 and sets the cookie, or 401. */
export interface SessionRequest {
  readonly token: string;
}

// ------------------------------------------------------------------------------------------------------------- live status

/** GET /api/status, and the event `status` of GET /api/events (at once, then every second). */
export interface Status {
  readonly at: Instant;
  readonly jobs: readonly JobStatusView[];
}

/** The event `change` of GET /api/events: something was committed in the local store. At most four a second. */
export interface Change {
  readonly at: Instant;
  /** Grows with every change; of no meaning otherwise. */
  readonly version: number;
}

export type JobStateName = 'created' | 'running' | 'finished' | 'stopped' | 'failed';

export interface JobStatusView {
  /** The job's name: `weather`. Encode it with encodeURIComponent in addresses. */
  readonly name: string;
  readonly state: JobStateName;
  /** Why it failed. */
  readonly failure: string | null;
  readonly startedAt: Instant;
  /** Event time; null before the first. At the end of all input `isAtEnd` is true and this is null. */
  readonly watermark: Instant | null;
  readonly isAtEnd: boolean;
  /** How far the watermark is behind the clock, in milliseconds; null without a watermark. May be negative. */
  readonly watermarkLagMs: number | null;
  readonly recordsIn: number;
  readonly rowsOut: number;
  /** Averages over the last five seconds. */
  readonly recordsInPerSecond: number;
  readonly rowsOutPerSecond: number;
  /** Records that are there and not read yet; null where the sources do not know. */
  readonly sourceLag: number | null;
  readonly malformed: number;
  readonly late: number;
  /** Rows in tables of the pipeline's own that hold what it rejects, for example `input_errors`. */
  readonly rejected: number;
  readonly stateEntries: number;
  /** Bytes of state in the last checkpoint; null before one. */
  readonly stateBytes: number | null;
  /** Shares of the last five seconds, each 0 … 1, together about 1. */
  readonly time: TimeShares;
  readonly checkpoints: CheckpointStatus;
  readonly operators: readonly OperatorStatus[];
  /** The last five minutes, one sample a second, oldest first. */
  readonly history: readonly HistorySample[];
}

export interface TimeShares {
  readonly busy: number;
  /** Waited for sources: there was nothing to read. */
  readonly idle: number;
  /** Waited for sinks. */
  readonly backPressured: number;
}

export interface HistorySample {
  readonly at: Instant;
  readonly recordsInPerSecond: number;
  readonly rowsOutPerSecond: number;
  readonly watermarkLagMs: number | null;
  readonly sourceLag: number | null;
}

export interface CheckpointStatus {
  /** False: the job takes a checkpoint only when it stops (or none at all). */
  readonly isPeriodic: boolean;
  /** Since the job was started. */
  readonly count: number;
  readonly last: CheckpointView | null;
  /** The last 20, oldest first. */
  readonly history: readonly CheckpointView[];
}

export interface CheckpointView {
  readonly at: Instant;
  readonly durationMs: number;
  /** Positions, counts and state. */
  readonly bytes: number;
}

/** The counters of one node of the plan; counted since the job was started unless said otherwise. */
export interface OperatorStatus {
  readonly id: number;
  /** Of a scan: records read, also malformed ones; over restarts for scans and sinks. */
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly recordsInPerSecond: number;
  readonly recordsOutPerSecond: number;
  /** As in JobStatusView; null where the operator does not follow it (sinks, scans without a watermark). */
  readonly watermark: Instant | null;
  readonly isAtEnd: boolean;
  readonly watermarkLagMs: number | null;
  readonly stateEntries: number;
  readonly stateBytes: number | null;
  readonly late: number;
  /** Scans only; 0 for others. */
  readonly malformed: number;
  /** Malformed records by reason, most frequent first. A record with several malformed fields counts with each reason. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  /** Sinks only: rows left out because of NULL in a NOT NULL column. */
  readonly dropped: number;
  /** Scans only, where the source knows. */
  readonly lag: number | null;
}

// ---------------------------------------------------------------------------------------------------------------- pipelines

/** GET /api/jobs/{name}: what does not change while the job runs. */
export interface JobDetail {
  readonly name: string;
  /** The pipeline file's name and text. */
  readonly file: string;
  readonly text: string;
  readonly timeZone: string;
  readonly settings: readonly { readonly key: string; readonly value: string }[];
  /** In order: inputs come before the nodes that read them. */
  readonly operators: readonly OperatorDetail[];
  /** The whole plan as `isobar explain` prints it. */
  readonly plan: string;
}

export type OperatorKind =
  | 'scan'
  | 'values'
  | 'calc'
  | 'watermark'
  | 'union'
  | 'expand'
  | 'window-assign'
  | 'window-aggregate'
  | 'group-aggregate'
  | 'over'
  | 'window-rank'
  | 'rank'
  | 'normalize'
  | 'upsert-materialize'
  | 'join'
  | 'sink';

export interface OperatorDetail {
  readonly id: number;
  /** New kinds may come: show an unknown one by its title. */
  readonly kind: OperatorKind | (string & {});
  /** For example `WindowAggregate`. */
  readonly title: string;
  /** One line, for example `TUMBLE(1 min) on ts, by (client)`; may be empty. */
  readonly summary: string;
  /** Ids of the operators whose rows it takes. */
  readonly inputs: readonly number[];
  /** Scans and sinks: the table and its connector. */
  readonly table: string | null;
  readonly connector: string | null;
  /** Local topics and index of the table, by which to link to them. */
  readonly topics: readonly string[];
  readonly index: string | null;
  /** The operator's lines of the plan. */
  readonly plan: readonly string[];
  /** Where in `text` it comes from, as UTF-16 offsets; null where nothing in the file stands for it. */
  readonly place: SqlPlace | null;
  /** The text at that place. */
  readonly sql: string | null;
  /** The JavaScript generated for it; null when there is none. */
  readonly code: string | null;
  readonly columns: readonly ColumnView[];
  /** Kinds of change it gives: `+I`, or `+I -U +U -D`. */
  readonly changelog: string;
}

/** `type` as Flink writes it: `DOUBLE`, `TIMESTAMP(3)`. `role` tells a page how to show it. */
export interface ColumnView {
  readonly name: string;
  readonly type: string;
  readonly role: 'number' | 'text' | 'time' | 'boolean' | 'other';
}

/** `start` inclusive, `end` exclusive, UTF-16; line and column of `start` count from 1. */
export interface SqlPlace {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

// ----------------------------------------------------------------------------------------------------------------- problems

/** GET /api/problems?job=NAME&kind=late&limit=200: newest first; `limit` at most 1000. Without `job`, those of all jobs, of all kinds. */
export interface Problems {
  readonly problems: readonly ProblemView[];
  /** Counts over all time, kept or not. */
  readonly malformed: number;
  readonly late: number;
  readonly rejected: number;
  /** Of each job at most so many are kept. */
  readonly keptPerJob: number;
}

export interface ProblemView {
  /** Identifies the problem together with job, kind and table, as long as the server runs; later ones are greater. */
  readonly id: number;
  readonly job: string;
  /** `malformed`: the record could not be decoded; `late`: the row came too late; `rejected`: the pipeline's SQL sorted it out. */
  readonly kind: 'malformed' | 'late' | 'rejected';
  /** When it was left out. */
  readonly at: Instant;
  readonly reason: string;
  /** The table it was read from (or, rejected, the one it was written to). */
  readonly table: string;
  /** Null where unknown: late rows, files. */
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: number | null;
  readonly file: string | null;
  readonly line: number | null;
  /** The malformed field, and what was found in it. */
  readonly field: string | null;
  readonly found: string | null;
  /** What else is wrong with the message: field and reason of each. */
  readonly also: readonly string[];
  /** The message as text, cut to 10,000 characters; null for a late row, or when it is no UTF-8. UNTRUSTED: show as text. */
  readonly message: string | null;
  readonly messageBase64: string | null;
  /** The columns of a late or rejected row, as text. UNTRUSTED. */
  readonly row: readonly { readonly name: string; readonly value: string | null }[] | null;
}

// ------------------------------------------------------------------------------------------------------------------ indexes

/** GET /api/indexes */
export interface Indexes {
  readonly indexes: readonly IndexView[];
}

export interface IndexView {
  readonly name: string;
  readonly documents: number;
  /** True until all documents have been read into memory; what is said here then covers a part of them. Aggregations wait. */
  readonly isLoading: boolean;
  /** More documents than memory is given to: the oldest have been left out of aggregations. */
  readonly isTruncated: boolean;
  readonly fields: readonly IndexField[];
  /** The field to show by and over, as a guess: the first keyword of few values, the time field ending in `start`, or the first. */
  readonly defaultBy: string | null;
  readonly defaultTimeField: string | null;
}

export interface IndexField {
  readonly name: string;
  /** `date`: times (text with date and time); `keyword`: other texts; `text`: texts with too many values to group by. */
  readonly type: 'number' | 'keyword' | 'text' | 'date' | 'boolean';
  /** Distinct values, for keywords. */
  readonly cardinality: number | null;
  /** Of numbers and (as instants) dates; null where there is none. */
  readonly min: number | null;
  readonly max: number | null;
}

/**
 * GET /api/indexes/{index}/aggregate?fields=avg_temp,avg_hum&by=client&timeField=window_start&from=…&to=…&interval=…&keys=…
 *
 * - `fields`: number fields, separated by commas; at least one.
 * - `by`: a keyword field; without it there is one group, with the key "".
 * - `timeField`: a date field; `from` (inclusive) and `to` (exclusive): instants. Each may be left out.
 * - `interval`: width of the time buckets in milliseconds, or `auto` (about `buckets`, 120 unless told otherwise, at a round
 *   width); without it there are no buckets. Buckets begin at multiples of the interval in local time (a day at midnight).
 * - `keys`: only these groups, separated by commas (each percent-encoded); `limit`: at most so many groups, in the order of the
 *   key (default 10,000).
 * At most 2,000,000 values (groups × buckets × fields) are answered; more is refused with AGGREGATION_TOO_LARGE.
 */
export interface Aggregation {
  readonly index: string;
  readonly fields: readonly string[];
  readonly by: string | null;
  readonly timeField: string | null;
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Milliseconds; null without buckets. */
  readonly interval: number | null;
  /** Documents in the time range (of the keys asked for). */
  readonly documents: number;
  /** Groups sorted by key, `device2` before `device10`. Only those with a document in the range. */
  readonly groups: readonly AggregationGroup[];
  /** There were more groups than `limit`. */
  readonly isLimited: boolean;
  /** Starts of the buckets, ascending without gaps; empty without `interval`. */
  readonly buckets: readonly Instant[];
  /** For each group (same order as `groups`), for each field, for each bucket: the average, or null where nothing is. */
  readonly series: readonly (readonly (readonly (number | null)[])[])[];
  /** How long it took, without the network. */
  readonly tookMs: number;
}

export interface AggregationGroup {
  readonly key: string;
  readonly documents: number;
  /** One for each of `fields`, over the whole range. */
  readonly values: readonly FieldStatistics[];
}

/** All null (and count 0) where no document has the field. */
export interface FieldStatistics {
  readonly count: number;
  readonly average: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly sum: number | null;
}

/** GET /api/indexes/{index}/documents?limit=50: the documents inserted last, newest first; `limit` at most 1000. UNTRUSTED text. */
export interface Documents {
  readonly index: string;
  readonly documents: readonly { readonly id: string; readonly json: string }[];
}

// ------------------------------------------------------------------------------------------------------------------- topics

/** GET /api/topics */
export interface Topics {
  readonly topics: readonly TopicView[];
}

export interface TopicView {
  readonly name: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly startOffset: number;
    readonly endOffset: number;
    readonly bytes: number;
  }[];
  readonly records: number;
  /** What the pipelines know of it: columns of the table that is written to it (or read from it), without computed ones. */
  readonly columns: readonly ColumnView[];
  readonly format: string | null;
  /** Names of jobs. */
  readonly writtenBy: readonly string[];
  readonly readBy: readonly string[];
  /** Holds what went wrong: dead letters, or a table named like `input_errors`. */
  readonly holdsErrors: boolean;
}

/**
 * GET /api/topics/{topic}/rows?limit=200&from=…&to=…&after=…
 *
 * The last `limit` records (at most 5000), in order of arrival within a partition, partitions merged by timestamp. `from`: only
 * those with a timestamp at or after this instant; `to`: before this one. `after`: the `cursor` of an earlier answer: only what has come since then,
 * the last `limit` of it.
 */
export interface TopicRows {
  readonly topic: string;
  readonly columns: readonly ColumnView[];
  readonly rows: readonly TopicRow[];
  /** Give it as `after` next time. */
  readonly cursor: string;
  /** There were more than `limit` since `after` or `from`: the earliest have been left out. */
  readonly isLimited: boolean;
}

export interface TopicRow {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: Instant;
  /** By column; null when the record is not of the topic's format, or no pipeline knows the topic. */
  readonly values: readonly Cell[] | null;
  /** The record's text when `values` is null, cut to 10,000 characters; null for a record without value. UNTRUSTED. */
  readonly text: string | null;
}

/** Numbers as numbers (BIGINT and DECIMAL beyond 2^53 as text), times as instants, others as text. Texts are UNTRUSTED. */
export type Cell = number | boolean | string | null;

/**
 * GET /api/topics/{topic}/latest?key=city: the last record of each value of the column `key` (without it the primary key, or
 * the first text column), sorted by it. Of at most the last 1,000,000 records and 10,000 keys.
 */
export interface LatestRows {
  readonly topic: string;
  readonly key: string;
  readonly columns: readonly ColumnView[];
  readonly rows: readonly TopicRow[];
  /** Keys beyond 10,000 have been left out, those that came first. */
  readonly isLimited: boolean;
}

// ---------------------------------------------------------------------------------------------------------------------- SQL

/** POST /api/sql/check and POST /api/sql/run. */
export interface SqlRequest {
  readonly text: string;
  /** `run`: rows to answer at most; 1000 unless told otherwise, at most 100,000. */
  readonly limit?: number;
}

/** The answer to POST /api/sql/check. */
export interface SqlCheck {
  /** In order of their places; empty when the text is right. */
  readonly problems: readonly SqlProblem[];
  /** The text is right and has a SELECT to run, and nothing that writes. */
  readonly canRun: boolean;
  /** The columns that `run` would answer; empty when it cannot. */
  readonly columns: readonly ColumnView[];
  /** The plan as `isobar explain` prints it; null when there are problems. */
  readonly plan: string | null;
  readonly tookMs: number;
}

export interface SqlProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly place: SqlPlace | null;
}

/**
 * POST /api/sql/run answers 400 with SqlRejection when the text is not right or would write; otherwise 200 and a stream of
 * server-sent events (read it with fetch, since EventSource cannot POST), in order: `columns` once (SqlColumns), `rows` any
 * number of times (SqlRows), `progress` each second (SqlProgress), and at the end one `end` (SqlEnd) or `error` (ApiError).
 * Closing the connection stops the query.
 */
export interface SqlRejection extends ApiError {
  readonly problems: readonly SqlProblem[];
}

export interface SqlColumns {
  readonly columns: readonly ColumnView[];
}

export interface SqlRows {
  readonly rows: readonly { readonly kind: '+I' | '-U' | '+U' | '-D'; readonly values: readonly Cell[] }[];
}

export interface SqlProgress {
  readonly recordsIn: number;
  readonly rowsOut: number;
  readonly malformed: number;
  readonly late: number;
}

export interface SqlEnd extends SqlProgress {
  /** All sources read; `limit` rows answered. */
  readonly reason: 'finished' | 'limit';
}

// ------------------------------------------------------------------------------------------------------------------- health

/** GET /health: 200 while every job is created, running or has ended by itself; 503 when one has failed. */
export interface Health {
  readonly status: 'ok' | 'failed';
  readonly uptimeMs: number;
  /** Left out for callers without the token, where the server wants one. */
  readonly jobs?: readonly { readonly name: string; readonly state: JobStateName; readonly failure: string | null }[];
}
