import { useEffect, useRef, useState } from 'preact/hooks';
import { setParameters, useAddress } from './address.ts';
import { dateTimeText } from './format.ts';

/** What the address says of time: `from=now-1d`, `to=now` or instants, and `refresh`, in milliseconds; 0 is off. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly refreshMs: number;
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const QUICK: readonly (readonly [string, string])[] = [
  ['15m', 'Last 15 minutes'],
  ['30m', 'Last 30 minutes'],
  ['1h', 'Last 1 hour'],
  ['4h', 'Last 4 hours'],
  ['12h', 'Last 12 hours'],
  ['1d', 'Last 1 day'],
  ['3d', 'Last 3 days'],
  ['7d', 'Last 7 days'],
];
const REFRESH: readonly (readonly [number, string])[] = [
  [0, 'Off'],
  [1000, '1 s'],
  [5000, '5 s'],
  [10_000, '10 s'],
  [30_000, '30 s'],
  [60_000, '1 min'],
];
const DEFAULT_RANGE = '1d';
const DEFAULT_REFRESH_MS = 5000;

/** The range of the address, with `now` moving on at each refresh; `version` counts the refreshes. */
export function useTimeRange(): TimeRange & { readonly version: number; readonly refresh: () => void } {
  const { parameters } = useAddress();
  const [now, setNow] = useState(() => ({ at: Date.now(), version: 0 }));
  const refreshMs = parameters.refresh === undefined ? DEFAULT_REFRESH_MS : Math.max(0, Number(parameters.refresh) || 0);
  const refresh = (): void => setNow((last) => ({ at: Date.now(), version: last.version + 1 }));
  useEffect(() => {
    if (refreshMs === 0) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && refresh(), refreshMs);
    return () => clearInterval(timer);
  }, [refreshMs]);
  const { from = `now-${DEFAULT_RANGE}`, to = 'now' } = parameters;
  const range = { from: instantOf(from, now.at), to: instantOf(to, now.at) };
  const quick = to === 'now' ? QUICK.find(([length]) => from === `now-${length}`) : undefined;
  const label = quick?.[1] ?? `${dateTimeText(range.from)} – ${to === 'now' ? 'now' : dateTimeText(range.to)}`;
  return { ...range, label, refreshMs, version: now.version, refresh };
}

function instantOf(text: string, now: number): number {
  const match = /^now(?:-(\d+)([mhd]))?$/.exec(text);
  if (match !== null) return match[1] === undefined ? now : now - Number(match[1]) * UNITS[match[2]];
  const instant = Number(text);
  return Number.isFinite(instant) ? instant : now;
}

/** The range and the refresh interval, as buttons that open. */
export function TimeRangePicker({ range, refresh }: { range: TimeRange; refresh: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    setFrom(inputText(range.from));
    setTo(inputText(range.to));
    const close = (event: Event): void => {
      if (event instanceof KeyboardEvent ? event.key === 'Escape' : !box.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', close);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', close);
    };
  }, [isOpen]);
  const isWrong = !(Date.parse(from) < Date.parse(to));
  return (
    <div class="time-range" ref={box}>
      <div class="button-group">
        <button
          type="button"
          class="button"
          aria-haspopup="dialog"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          data-test="time-range"
        >
          <ClockIcon /> {range.label}
        </button>
        <label class="button refresh">
          <span class="quiet">Refresh</span>
          <select
            aria-label="Refresh interval"
            value={String(range.refreshMs)}
            onChange={(event) => setParameters({ refresh: event.currentTarget.value }, true)}
          >
            {REFRESH.map(([ms, text]) => (
              <option key={ms} value={String(ms)}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="button" onClick={refresh} aria-label="Refresh now" title="Refresh now">
          ↻
        </button>
      </div>
      {isOpen && (
        <div class="popover" role="dialog" aria-label="Time range">
          <h3>Quick select</h3>
          <ul class="quick">
            {QUICK.map(([length, text]) => (
              <li key={length}>
                <button
                  type="button"
                  class={`link ${range.label === text ? 'chosen' : ''}`}
                  onClick={() => {
                    setParameters({ from: `now-${length}`, to: 'now' });
                    setOpen(false);
                  }}
                >
                  {text}
                </button>
              </li>
            ))}
          </ul>
          <h3>From – to</h3>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (isWrong) return;
              setParameters({ from: String(Date.parse(from)), to: String(Date.parse(to)) });
              setOpen(false);
            }}
          >
            <input
              type="datetime-local"
              aria-label="From"
              step="1"
              value={from}
              onInput={(event) => setFrom(event.currentTarget.value)}
            />
            <input
              type="datetime-local"
              aria-label="To"
              step="1"
              value={to}
              onInput={(event) => setTo(event.currentTarget.value)}
            />
            <button type="submit" class="button primary" disabled={isWrong}>
              Apply
            </button>
            {isWrong && <p class="hint">The range must begin before it ends.</p>}
          </form>
        </div>
      )}
    </div>
  );
}

/** As datetime-local inputs want it: local time of the browser. */
function inputText(instant: number): string {
  const date = new Date(instant - new Date(instant).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19);
}

function ClockIcon() {
  return (
    <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
      <circle cx="8" cy="8" r="6.2" />
      <path d="M8 4.5V8l2.5 1.7" stroke-linecap="round" />
    </svg>
  );
}
