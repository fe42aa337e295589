/** Milliseconds in a unit, by the labels that Flink's TimeUtils knows. */
const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ...labels(86_400_000, 'd', 'day'),
  ...labels(3_600_000, 'h', 'hour'),
  ...labels(60_000, 'min', 'minute'),
  ...labels(1000, 's', 'sec', 'second'),
  ...labels(1, 'ms', 'milli', 'millisecond'),
  ...labels(1e-3, 'µs', 'micro', 'microsecond'),
  ...labels(1e-6, 'ns', 'nano', 'nanosecond'),
]);

/** Bytes in a unit, by the labels that Flink's MemorySize knows. */
const MEMORY_UNITS: ReadonlyMap<string, number> = new Map([
  ...['', 'b', 'bytes'].map((label) => [label, 1] as const),
  ...['k', 'kb', 'kibibytes'].map((label) => [label, 1024] as const),
  ...['m', 'mb', 'mebibytes'].map((label) => [label, 1024 ** 2] as const),
  ...['g', 'gb', 'gibibytes'].map((label) => [label, 1024 ** 3] as const),
  ...['t', 'tb', 'tebibytes'].map((label) => [label, 1024 ** 4] as const),
]);

/** Short labels stand alone; long ones have a plural. */
function labels(size: number, short: string, ...long: readonly string[]): [string, number][] {
  return [
    [short, size],
    ...long.flatMap((label): [string, number][] => [
      [label, size],
      [label + 's', size],
    ]),
  ];
}

/**
 * Reads a duration as Flink's options write it: `5 s`, `500ms`, `1 min`, `2 hours`; without a unit it is milliseconds.
 * Undefined when it is none.
 */
export function parseDurationMs(text: string): number | undefined {
  const match = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text);
  if (match === null) return undefined;
  const unit = match[2] === '' ? 1 : DURATION_UNITS.get(match[2].toLowerCase());
  const value = unit === undefined ? NaN : Number(match[1]) * unit;
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** Reads a size as Flink's options write it: `2mb`, `128 kb`, `1 g`; units are powers of 1024, none is bytes. */
export function parseMemoryBytes(text: string): number | undefined {
  const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text);
  const unit = match === null ? undefined : MEMORY_UNITS.get(match[2].toLowerCase());
  const value = match === null || unit === undefined ? NaN : Number(match[1]) * unit;
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
