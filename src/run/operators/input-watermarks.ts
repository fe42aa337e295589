import { MIN_WATERMARK } from '../../types/batch.ts';

/** The watermarks of an operator's inputs: the operator's own is the smallest of them. */
export class InputWatermarks {
  private readonly watermarks: Float64Array;
  /** The smallest; never goes back. */
  combined = MIN_WATERMARK;

  constructor(inputs: number) {
    this.watermarks = new Float64Array(inputs).fill(MIN_WATERMARK);
  }

  /** One input's watermark goes on. Answers the operator's. */
  advance(input: number, watermark: number): number {
    const { watermarks } = this;
    if (watermark > watermarks[input]) {
      watermarks[input] = watermark;
      let smallest = Infinity;
      for (let i = 0; i < watermarks.length; i++) if (watermarks[i] < smallest) smallest = watermarks[i];
      this.combined = smallest;
    }
    return this.combined;
  }

  /** The smallest watermark of the other inputs. */
  ofOthers(input: number): number {
    let smallest = Infinity;
    for (let i = 0; i < this.watermarks.length; i++) {
      if (i !== input && this.watermarks[i] < smallest) smallest = this.watermarks[i];
    }
    return smallest;
  }

  snapshot(): Float64Array {
    return this.watermarks.slice();
  }

  restore(watermarks: Float64Array): void {
    this.watermarks.set(watermarks);
    this.combined = Math.min(...watermarks);
  }
}
