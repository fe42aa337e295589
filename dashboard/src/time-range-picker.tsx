import { useEffect, useRef, useState } from 'preact/hooks';
import { setParameters, useAddress } from './address.ts';
import { localText, parseLocal, timeZone } from './format.ts';
import { QUICK, UNITS, type TimeRange } from './time-range.ts';

const REFRESH: readonly (readonly [number, string])[] = [
  [0, 'Off'],
  [1000, '1 s'],
  [5000, '5 s'],
  [10_000, '10 s'],
  [30_000, '30 s'],
  [60_000, '1 min'],
  [300_000, '5 min'],
];

/** The range and the refresh interval, as buttons that open. */
export function TimeRangePicker({ range }: { range: TimeRange }) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const closeOutside = (event: Event): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    const closeByKey = ({ key }: KeyboardEvent): void => {
      if (key !== 'Escape') return;
      setOpen(false);
      button.current?.focus();
    };
    addEventListener('pointerdown', closeOutside);
    addEventListener('focusin', closeOutside);
    addEventListener('keydown', closeByKey);
    return () => {
      removeEventListener('pointerdown', closeOutside);
      removeEventListener('focusin', closeOutside);
      removeEventListener('keydown', closeByKey);
    };
  }, [isOpen]);
  const choose = (from: string, to: string): void => {
    setParameters({ from, to });
    setOpen(false);
    button.current?.focus();
  };
  const isKnown = REFRESH.some(([ms]) => ms === range.refreshMs);
  const refreshes = isKnown ? REFRESH : [...REFRESH, [range.refreshMs, `${range.refreshMs / 1000} s`] as const];
  return (
    <div class="time-range" ref={box}>
      <div class="button-group">
        <button
          ref={button}
          type="button"
          class="button range"
          aria-haspopup="dialog"
          aria-expanded={isOpen}
          aria-label={`Time range: ${range.label}`}
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
            {refreshes.map(([ms, text]) => (
              <option key={ms} value={String(ms)}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="button" onClick={range.refresh} aria-label="Refresh now" title="Refresh now">
          ↻
        </button>
      </div>
      {isOpen && <Choices range={range} choose={choose} />}
    </div>
  );
}

function Choices({ range, choose }: { range: TimeRange; choose: (from: string, to: string) => void }) {
  const { parameters } = useAddress();
  const first = useRef<HTMLInputElement>(null);
  const [count, setCount] = useState('15');
  const [unit, setUnit] = useState('m');
  useEffect(() => first.current?.select(), []);
  const chosen = (length: string): boolean => range.isLive && (parameters.from ?? 'now-1d') === `now-${length}`;
  return (
    <div class="popover" role="dialog" aria-label="Time range">
      <h3 id="range-last">Quick select</h3>
      <form
        class="last"
        aria-labelledby="range-last"
        onSubmit={(event) => {
          event.preventDefault();
          if (/^[1-9]\d{0,4}$/.test(count)) choose(`now-${count}${unit}`, 'now');
        }}
      >
        <span>Last</span>
        <input
          ref={first}
          type="number"
          min="1"
          max="99999"
          required
          aria-label="How many"
          value={count}
          onInput={(event) => setCount(event.currentTarget.value)}
        />
        <select aria-label="Unit" value={unit} onChange={(event) => setUnit(event.currentTarget.value)}>
          {UNITS.map(([letter, , name]) => (
            <option key={letter} value={letter}>
              {name}
            </option>
          ))}
        </select>
        <button type="submit" class="button">
          Apply
        </button>
      </form>
      <h3>Commonly used</h3>
      <ul class="quick">
        {QUICK.map(([length, text]) => (
          <li key={length}>
            <button
              type="button"
              class={`link ${chosen(length) ? 'chosen' : ''}`}
              aria-current={chosen(length) ? 'true' : undefined}
              onClick={() => choose(`now-${length}`, 'now')}
            >
              {text}
            </button>
          </li>
        ))}
      </ul>
      <FromTo range={range} choose={choose} />
    </div>
  );
}

/** Times of the server's zone, whatever the browser's. */
function FromTo({ range, choose }: { range: TimeRange; choose: (from: string, to: string) => void }) {
  const [from, setFrom] = useState(() => localText(range.from));
  const [to, setTo] = useState(() => localText(range.to));
  const isWrong = !(parseLocal(from) < parseLocal(to));
  return (
    <form
      aria-labelledby="range-from-to"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isWrong) choose(String(parseLocal(from)), String(parseLocal(to)));
      }}
    >
      <h3 id="range-from-to">
        From – to <span data-test="zone">in {timeZone()}, the server’s time</span>
      </h3>
      <input
        type="datetime-local"
        aria-label="From"
        step="1"
        value={from}
        onInput={(event) => setFrom(event.currentTarget.value)}
      />
      <input type="datetime-local" aria-label="To" step="1" value={to} onInput={(event) => setTo(event.currentTarget.value)} />
      <button type="submit" class="button primary" disabled={isWrong}>
        Show this range
      </button>
      {isWrong && (
        <p class="hint" role="alert">
          The range must begin before it ends.
        </p>
      )}
    </form>
  );
}

function ClockIcon() {
  return (
    <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
      <circle cx="8" cy="8" r="6.2" />
      <path d="M8 4.5V8l2.5 1.7" stroke-linecap="round" />
    </svg>
  );
}
