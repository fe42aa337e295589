import { nearest } from '../../base/nearest.ts';
import type { StringToken } from '../parse/ast.ts';
import { FLINK_CAN, Mistake } from './mistake.ts';

/** Keys that change what a job does here. Each checks its value and answers what is wrong with it. */
const KEYS: Record<string, (value: string) => string | undefined> = {
  'pipeline.name': () => undefined,
  'table.local-time-zone': (value) => (isZone(value) ? undefined : 'is no time zone'),
  'table.exec.state.ttl': isDuration,
  'table.exec.source.idle-timeout': isDuration,
  'table.exec.sink.not-null-enforcer': (value) => (/^(error|drop)$/i.test(value) ? undefined : 'is neither ERROR nor DROP'),
  'table.exec.sink.upsert-materialize': (value) =>
    /^(auto|none|force)$/i.test(value) ? undefined : 'is not AUTO, NONE or FORCE',
  'execution.checkpointing.interval': isDuration,
  'isobar.dead-letter': isBoolean,
  'isobar.index-template': isBoolean,
  'isobar.source.advance-when-idle': isDuration,
};

/** Values of Flink's keys that would change the answers in a way that is not built: refused. */
const ONLY: Record<string, RegExp> = {
  'execution.runtime-mode': /^streaming$/i,
  'table.sql-dialect': /^default$/i,
  'table.exec.legacy-cast-behaviour': /^disabled$/i,
  'table.exec.emit.early-fire.enabled': /^false$/i,
  'table.exec.emit.late-fire.enabled': /^false$/i,
  'table.exec.sink.type-length-enforcer': /^ignore$/i,
};

/** Flink's other keys: how a cluster runs the job, which does not change its answers. */
const WITHOUT_EFFECT =
  /^(execution|table|pipeline|parallelism|state|restart-strategy|sql-client|taskmanager|jobmanager|rest|cluster|metrics|high-availability|blob|web|security|env|client|yarn|kubernetes|heartbeat|akka|pekko|io|fs|s3|classloader|process|historyserver|queryable-state|slot|slotmanager|resourcemanager|$internal)\.|^(parallelism|restart-strategy)$/;

/** What is wrong with a setting, and whether with its key or its value. */
interface SettingMistake {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly part: 'key' | 'value';
}

/** What is wrong with a setting, from SET or from the command line. */
export function settingMistake(key: string, value: string): SettingMistake | undefined {
  if (ONLY[key]?.test(value.trim()) === false) {
    return { code: 'SQL_UNSUPPORTED', message: `'${key}' = '${value}' is not supported yet`, hint: FLINK_CAN, part: 'value' };
  }
  const check = KEYS[key];
  if (check === undefined && (key.startsWith('isobar.') || !WITHOUT_EFFECT.test(key))) {
    const near = nearest(key, [...Object.keys(KEYS), ...Object.keys(ONLY)]);
    const hint = near === undefined ? undefined : `Did you mean '${near}'?`;
    return { code: 'SQL_UNKNOWN_SETTING', message: `there is no setting '${key}'`, hint, part: 'key' };
  }
  const wrong = check?.(value);
  if (wrong === undefined) return undefined;
  return { code: 'SQL_SETTING_VALUE', message: `'${value}' ${wrong}`, hint: `The setting is '${key}'.`, part: 'value' };
}

/** SET 'key' = 'value'. */
export function bindSetting(settings: Map<string, string>, key: StringToken, value: StringToken): void {
  const mistake = settingMistake(key.value, value.value);
  if (mistake !== undefined) {
    throw new Mistake(mistake.code, mistake.message, mistake.part === 'key' ? key.place : value.place, mistake.hint);
  }
  settings.set(key.value, value.value);
}

function isBoolean(value: string): string | undefined {
  return /^(true|false)$/i.test(value) ? undefined : 'is neither true nor false';
}

function isDuration(value: string): string | undefined {
  return parseDuration(value) === undefined ? 'is no duration, for example 10 s' : undefined;
}

const UNITS: readonly (readonly [names: RegExp, millis: number])[] = [
  [/^(d|day|days)$/, 86_400_000],
  [/^(h|hour|hours)$/, 3_600_000],
  [/^(m|min|minute|minutes)$/, 60_000],
  [/^(s|sec|secs|second|seconds)$/, 1000],
  [/^(|ms|milli|millis|millisecond|milliseconds)$/, 1],
  [/^(µs|micro|micros|microsecond|microseconds)$/, 0.001],
  [/^(ns|nano|nanos|nanosecond|nanoseconds)$/, 0.000_001],
];

/** Flink's text of a duration, for example `10 s` or `500ms`, in milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text);
  const unit = match === null ? undefined : UNITS.find(([names]) => names.test(match[2].toLowerCase()));
  return unit === undefined ? undefined : Number(match![1]) * unit[1];
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return /^(GMT|UTC)?[+-]\d{2}:\d{2}$/.test(zone);
  }
}
