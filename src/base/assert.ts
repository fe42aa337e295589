/** Thrown when the program itself is wrong: never the user's fault, so it carries no hint. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** States what must hold. A failure is a bug of Isobar. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(`bug in isobar: ${message}`);
}

/** Marks a branch that the types rule out: a missing case does not compile. */
export function unreachable(value: never, what = 'value'): never {
  throw new AssertionError(`bug in isobar: unexpected ${what} ${JSON.stringify(value)}`);
}
