const zones = new Map<string, Intl.DateTimeFormat>();

/** How far local time is ahead of UTC, in milliseconds, at an instant. */
export function zoneOffset(timeZone: string, instant: number): number {
  if (timeZone === 'UTC') return 0;
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    zone = new Intl.DateTimeFormat('en-US', { timeZone: intlName(timeZone), timeZoneName: 'longOffset' });
    zones.set(timeZone, zone);
  }
  const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(zone.format(instant));
  if (match === null) return 0;
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return (match[1] === '-' ? -size : size) * 1000;
}

/** Java's `UTC+8` or `GMT+08:00` is `+08:00` to Intl. */
function intlName(timeZone: string): string {
  const match = /^(?:UTC|GMT|UT)?([+-])(\d\d?)(?::?(\d\d))?$/.exec(timeZone);
  return match === null ? timeZone : `${match[1]}${match[2].padStart(2, '0')}:${match[3] ?? '00'}`;
}
