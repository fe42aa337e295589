/** Everything a job needs to go on as if nothing had happened, at a moment between two batches. */
export interface Checkpoint<State = unknown> {
  /** The plan that took it; the state of another plan does not fit. */
  readonly fingerprint: string;
  /** Milliseconds since 1970 UTC. */
  readonly takenAt: number;
  /** Where each source goes on, by node and split. */
  readonly positions: ReadonlyMap<number, ReadonlyMap<string, number>>;
  /** What each operator says of its state, by node. */
  readonly operators: ReadonlyMap<number, State>;
  /** What each sink needs to finish what it had made ready, by node. */
  readonly sinks: ReadonlyMap<number, unknown>;
  /** Counts that go on, by name. */
  readonly counts: ReadonlyMap<string, number>;
}
