import { afterAll, beforeAll, expect, test } from 'vitest';
import { BothEngines, type EngineCase, type EngineOutcome } from './both-engines.ts';

/** A case with what both engines must answer; what is left out is empty. */
export interface ComparedCase extends EngineCase {
  readonly expected: Partial<Omit<EngineOutcome, 'error'>> & {
    /** Both fail, each with its own words. */
    readonly error?: { readonly flink: RegExp; readonly isobar: RegExp };
  };
  /** Records of several partitions come in any order. */
  readonly inAnyOrder?: true;
}

/** As many as two cores and Flink's slots have room for. */
const AT_ONCE = 3;

/** A test for each case; all are run before the first test. */
export function compareEngines(cases: readonly ComparedCase[]): void {
  const outcomes = new Map<string, Promise<{ flink: EngineOutcome; isobar: EngineOutcome }>>();
  const both = new BothEngines();

  beforeAll(async () => {
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < cases.length) {
        const engineCase = cases[next++];
        const outcome = both.run(engineCase);
        outcomes.set(engineCase.name, outcome);
        await outcome.catch(() => {});
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });
  afterAll(() => both.close());

  test.each(cases.map((compared) => [compared.name, compared] as const))('%s', async (name, { expected, inAnyOrder }) => {
    const { flink, isobar } = await outcomes.get(name)!;
    const { error, ...rows } = expected;
    if (error !== undefined) {
      expect([flink.error, isobar.error]).toEqual([expect.stringMatching(error.flink), expect.stringMatching(error.isobar)]);
      return;
    }
    const form = (outcome: EngineOutcome): EngineOutcome => (inAnyOrder ? sorted(outcome) : outcome);
    const wanted = { topics: {}, printed: [], documents: [], ...rows };
    expect({ flink: form(flink), isobar: form(isobar) }).toEqual({ flink: form(wanted), isobar: form(wanted) });
  });
}

function sorted({ topics, printed, ...rest }: EngineOutcome): EngineOutcome {
  const entries = Object.entries(topics).map(([name, records]) => [name, records.toSorted()] as const);
  return { ...rest, topics: Object.fromEntries(entries), printed: printed.toSorted() };
}
