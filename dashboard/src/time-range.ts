import { useEffect, useState } from 'preact/hooks';
import { useAddress } from './address.ts';
import { dateTimeText, timeZone } from './format.ts';
import { connection, serverNow } from './live.ts';
import { useStore } from './store.ts';

/** What the address says of time: `from=now-1d`, `to=now` or instants, and `refresh`, in milliseconds; 0 is off. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
  /** It ends now, and moves on. */
  readonly isLive: boolean;
  readonly label: string;
  readonly refreshMs: number;
  /** Counts the refreshes. */
  readonly version: number;
  readonly refresh: () => void;
}

/** Parameters of the address that a reader takes along from page to page. */
export const RANGE_PARAMETERS = ['from', 'to', 'refresh'] as const;

export const UNITS = [
  ['m', 60_000, 'minutes'],
  ['h', 3_600_000, 'hours'],
  ['d', 86_400_000, 'days'],
  ['w', 604_800_000, 'weeks'],
] as const;
export const QUICK: readonly (readonly [string, string])[] = [
  ['15m', 'Last 15 minutes'],
  ['30m', 'Last 30 minutes'],
  ['1h', 'Last 1 hour'],
  ['4h', 'Last 4 hours'],
  ['12h', 'Last 12 hours'],
  ['1d', 'Last 1 day'],
  ['3d', 'Last 3 days'],
  ['7d', 'Last 7 days'],
];
const DEFAULT_RANGE = '1d';
const DEFAULT_REFRESH_MS = 5000;
const LEAST_REFRESH_MS = 1000;

/** The range of the address, with `now` moving on at each refresh. Hidden pages are not refreshed before they are seen again. */
export function useTimeRange(): TimeRange {
  const { parameters } = useAddress();
  const { from = `now-${DEFAULT_RANGE}`, to = 'now' } = parameters;
  const [now, setNow] = useState(() => ({ at: serverNow(), version: 0 }));
  const refreshMs = refreshOf(parameters.refresh);
  const refresh = (): void => setNow((last) => ({ at: serverNow(), version: last.version + 1 }));
  useEffect(() => {
    if (refreshMs === 0) return;
    const refreshSeen = (): void => {
      if (document.visibilityState === 'visible') refresh();
    };
    const timer = setInterval(refreshSeen, refreshMs);
    document.addEventListener('visibilitychange', refreshSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', refreshSeen);
    };
  }, [refreshMs]);
  const isConnected = useStore(connection) === 'live';
  // What is relative is relative to the time it was asked for; and a server that is back may have something new.
  useEffect(refresh, [from, to, isConnected]);
  const range = { from: instantOf(from, now.at), to: instantOf(to, now.at) };
  const isLive = to === 'now';
  return { ...range, isLive, label: labelOf(from, to, range), refreshMs, version: now.version, refresh };
}

function refreshOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_REFRESH_MS;
  const ms = Number(text);
  return ms > 0 ? Math.max(LEAST_REFRESH_MS, ms) : 0;
}

const RELATIVE = /^now(?:-(\d{1,5})([mhdw]))?$/;

function instantOf(text: string, now: number): number {
  const match = RELATIVE.exec(text);
  if (match !== null) return match[1] === undefined ? now : now - Number(match[1]) * unitOf(match[2])[1];
  const instant = Number(text);
  return Number.isFinite(instant) && Math.abs(instant) < 8.64e15 ? instant : now;
}

function labelOf(from: string, to: string, range: { readonly from: number; readonly to: number }): string {
  const match = to === 'now' ? RELATIVE.exec(from) : null;
  if (match?.[1] !== undefined) {
    const unit = unitOf(match[2])[2];
    return `Last ${match[1]} ${match[1] === '1' ? unit.slice(0, -1) : unit}`;
  }
  const [fromText, toText] = [range.from, range.to].map((time) => dateTimeText(time).replace(/:00$/, ''));
  const [day] = fromText.split(' ');
  const end = to === 'now' ? 'now' : toText.startsWith(day) ? toText.slice(day.length + 1) : toText;
  return `${fromText} – ${end} ${timeZone()}`;
}

const unitOf = (letter: string) => UNITS.find(([each]) => each === letter) ?? UNITS[0];
