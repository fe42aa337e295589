import { grownInts } from '../../base/grown-ints.ts';

/** Small integers in order of time; those of the same time in order of their coming. */
export class TimeHeap {
  size = 0;
  private times = new Float64Array(64);
  private numbers = new Float64Array(64);
  private items = new Int32Array(64);
  private next = 0;

  /** The earliest time; Infinity when there is none. */
  get firstTime(): number {
    return this.size === 0 ? Infinity : this.times[0];
  }

  push(time: number, item: number): void {
    if (this.size === this.items.length) this.grow();
    const { times, numbers, items } = this;
    const number = this.next++;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (times[parent] <= time) break;
      times[i] = times[parent];
      numbers[i] = numbers[parent];
      items[i] = items[parent];
      i = parent;
    }
    times[i] = time;
    numbers[i] = number;
    items[i] = item;
  }

  /** Takes the first out; there must be one. */
  pop(): number {
    const { times, numbers, items } = this;
    const first = items[0];
    const last = --this.size;
    const [time, number, item] = [times[last], numbers[last], items[last]];
    let i = 0;
    for (let child = 1; child < last; child = 2 * i + 1) {
      if (child + 1 < last && this.isBefore(child + 1, times[child], numbers[child])) child++;
      if (!this.isBefore(child, time, number)) break;
      times[i] = times[child];
      numbers[i] = numbers[child];
      items[i] = items[child];
      i = child;
    }
    times[i] = time;
    numbers[i] = number;
    items[i] = item;
    return first;
  }

  /** All of them, in order. */
  toArray(): { readonly time: number; readonly item: number }[] {
    const { times, numbers, items } = this;
    return Array.from({ length: this.size }, (_, i) => i)
      .sort((a, b) => times[a] - times[b] || numbers[a] - numbers[b])
      .map((i) => ({ time: times[i], item: items[i] }));
  }

  private isBefore(i: number, time: number, number: number): boolean {
    return this.times[i] < time || (this.times[i] === time && this.numbers[i] < number);
  }

  private grow(): void {
    const capacity = this.items.length * 2;
    const times = new Float64Array(capacity);
    const numbers = new Float64Array(capacity);
    times.set(this.times);
    numbers.set(this.numbers);
    this.times = times;
    this.numbers = numbers;
    this.items = grownInts(this.items, capacity);
  }
}
