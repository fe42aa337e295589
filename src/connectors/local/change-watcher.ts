/** How often to look for commits of other processes while somebody waits. */
const LOOK_MS = 50;

/**
 * Wakes those who wait for a commit: at once for commits of this connection, within 50 ms for those of others, which SQLite
 * tells by its data version.
 */
export class ChangeWatcher {
  readonly #dataVersion: () => number;
  #seen: number;
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(dataVersion: () => number) {
    this.#dataVersion = dataVersion;
    this.#seen = dataVersion();
  }

  /** This connection has committed. */
  changed(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  wait(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (timeoutMs <= 0 || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timeout);
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        if (this.#waiting.size === 0) this.#stopLooking();
        resolve();
      };
      const timeout = setTimeout(wake, timeoutMs);
      signal?.addEventListener('abort', wake);
      this.#waiting.add(wake);
      if (this.#timer === undefined) this.#startLooking();
    });
  }

  close(): void {
    this.changed();
    this.#stopLooking();
  }

  #startLooking(): void {
    // A commit between the last look and now may be one that the waiter has not seen.
    if (this.#look()) return;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): boolean {
    const version = this.#dataVersion();
    if (version === this.#seen) return false;
    this.#seen = version;
    this.changed();
    return true;
  }
}
