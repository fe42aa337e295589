/** Text that is no JSON, or a value that is not of the wanted type. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}
