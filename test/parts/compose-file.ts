import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

/** The folder of the Compose files: relative paths in them start here. */
export const deploy = resolve(import.meta.dirname, '../../deploy');

export interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: string | readonly string[];
  readonly user?: string;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly mem_limit?: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: string | readonly string[] };
  readonly security_opt?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/**
 * The files as `docker compose -f FIRST -f SECOND` sees them, for what our files use: mappings are merged, commands replaced,
 * volumes replaced where they have the same target, other lists appended.
 * https://docs.docker.com/reference/compose-file/merge/
 */
export function readCompose(...names: readonly string[]): ComposeFile {
  const contents = names.map((name) => parse(readFileSync(resolve(deploy, name), 'utf8'), { merge: true }) as unknown);
  return contents.reduce((base, override) => merge(base, override)) as ComposeFile;
}

function merge(base: unknown, override: unknown, key = ''): unknown {
  if (isMapping(base) && isMapping(override)) {
    const keys = new Set([...Object.keys(base), ...Object.keys(override)]);
    const mergedAt = (each: string): unknown =>
      Object.hasOwn(override, each)
        ? Object.hasOwn(base, each)
          ? merge(base[each], override[each], each)
          : override[each]
        : base[each];
    return Object.fromEntries([...keys].map((each) => [each, mergedAt(each)]));
  }
  if (!Array.isArray(base) || !Array.isArray(override) || key === 'command' || key === 'test') return override;
  const targetOf = (volume: unknown): string => String(volume).split(':')[1];
  const kept =
    key === 'volumes' ? base.filter((volume) => !override.some((other) => targetOf(other) === targetOf(volume))) : base;
  return [...(kept as unknown[]), ...(override as unknown[])];
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** What a service is started with, as words. None of our commands has quotes. */
export function wordsOf(command: string | readonly string[] | undefined): readonly string[] {
  return typeof command === 'string' ? command.split(/\s+/) : (command ?? []);
}
