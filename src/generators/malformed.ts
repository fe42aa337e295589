/** What goes wrong on the way from a sensor: each is no weather message, in a way of its own. `ts` is the time of sending. */
export const MALFORMED_WEATHER: readonly ((client: string, ts: string) => string)[] = [
  // Cut off.
  (client, ts) => `{"client": "${client}", "ts": "${ts}", "tempera`,
  // Text where a number should be.
  (client, ts) => `{"client": "${client}", "ts": "${ts}", "temperature": "n/a", "humidity": 57.09}`,
  // No JSON at all.
  (client) => `${client}: sensor error 17`,
  // No time.
  (client) => `{"client": "${client}", "ts": "yesterday", "temperature": 19.38, "humidity": 57.09}`,
];

/** Lines that are not `CITY, NUMBER`. */
export const MALFORMED_CITIES: readonly ((city: string) => string)[] = [
  (city) => city,
  (city) => `${city}, warm`,
  (city) => `${city};21`,
  () => ', 21',
  (city) => `${city}, `,
];
