/** The time zone of the machine. Intl loads all about a locale first, 12 ms of a start, so that Temporal is asked where Node has it. */
export function systemTimeZone(): string {
  const { Temporal } = globalThis as { Temporal?: { readonly Now: { timeZoneId(): string } } };
  return Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}
