/** When each device sends next: a binary heap ordered by time, then by device. */
export class DeviceSchedule {
  readonly #times: Float64Array;
  readonly #devices: Int32Array;

  constructor(firstTimes: Float64Array) {
    const count = firstTimes.length;
    const order = Int32Array.from(firstTimes, (_, i) => i).sort((a, b) => firstTimes[a] - firstTimes[b] || a - b);
    this.#devices = order;
    this.#times = new Float64Array(count);
    for (let i = 0; i < count; i++) this.#times[i] = firstTimes[order[i]];
  }

  /** The time of the next message. */
  get time(): number {
    return this.#times[0];
  }

  /** The device that sends it. */
  get device(): number {
    return this.#devices[0];
  }

  /** The device that is next sends again at `time`. */
  reschedule(time: number): void {
    const times = this.#times;
    const devices = this.#devices;
    const count = times.length;
    const device = devices[0];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      const right = child + 1;
      if (right < count && isBefore(times[right], devices[right], times[child], devices[child])) child = right;
      if (!isBefore(times[child], devices[child], time, device)) break;
      times[at] = times[child];
      devices[at] = devices[child];
      at = child;
    }
    times[at] = time;
    devices[at] = device;
  }
}

function isBefore(time: number, device: number, otherTime: number, otherDevice: number): boolean {
  return time < otherTime || (time === otherTime && device < otherDevice);
}
