import { createHash } from 'node:crypto';
import type { SourceText } from '../base/place.ts';
import { ProblemsError } from '../base/problem.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import type { PlanNode } from '../plan/node.ts';
import { Problems } from './bind/mistake.ts';
import { bindScript } from './bind/script-binder.ts';
import { parseDuration } from './bind/settings.ts';
import type { PlanSettings } from './optimise/plan-builder.ts';
import { planNodes } from './optimise/planner.ts';
import { parse } from './parse/parse.ts';
import { systemTimeZone } from './system-time-zone.ts';

export interface CompileOptions {
  /** kafka, upsert-kafka and elasticsearch-7 tables mean local topics and the local index. */
  readonly local: boolean;
  /** Settings from the command line; they win over the file's SET. */
  readonly settings?: ReadonlyMap<string, string>;
}

/**
 * A pipeline file → the plan of its job: parse, bind, plan (which generates the code). Throws a ProblemsError that holds all
 * mistakes of the file in the order of their places.
 */
export function compile(source: SourceText, options: CompileOptions): JobPlan {
  const problems = new Problems();
  const { script, problems: syntax } = parse(source);
  problems.found.push(...syntax);
  const { sinks, settings: own } = bindScript(script, options.local, problems);
  if (sinks.length === 0 && problems.found.length === 0) {
    problems.report(
      'SQL_NOTHING_TO_RUN',
      'the file has no INSERT and no SELECT',
      { start: 0, end: 0 },
      'Add for example INSERT INTO sink SELECT … FROM source.',
    );
  }
  const settings = new Map([...own, ...(options.settings ?? [])]);
  const duration = (key: string): number => parseDuration(settings.get(key) ?? '0') ?? 0;
  const choice = <T extends string>(key: string, fallback: T): T => (settings.get(key)?.toUpperCase() ?? fallback) as T;
  const deadLetter = settings.get('isobar.dead-letter')?.toLowerCase() === 'true';
  const planned: PlanSettings = {
    stateTtlMs: duration('table.exec.state.ttl'),
    idleTimeoutMs: duration('table.exec.source.idle-timeout'),
    advanceWhenIdleMs: duration('isobar.source.advance-when-idle'),
    notNull: choice('table.exec.sink.not-null-enforcer', 'ERROR'),
    upsertMaterialize: choice('table.exec.sink.upsert-materialize', 'AUTO'),
    keepsLateRows: deadLetter,
  };
  const nodes = planNodes(sinks, planned, problems);
  if (problems.found.length > 0) {
    throw new ProblemsError(
      problems.found.toSorted((a, b) => (a.place?.start ?? 0) - (b.place?.start ?? 0)),
      source,
    );
  }
  return {
    name: settings.get('pipeline.name') ?? source.name,
    source,
    nodes,
    settings,
    timeZone: settings.get('table.local-time-zone') ?? systemTimeZone(),
    checkpointIntervalMs: duration('execution.checkpointing.interval'),
    deadLetter,
    fingerprint: fingerprint(nodes),
  };
}

/** Part of the fingerprint: raised whenever operators write their state in another form. */
const STATE_FORM = 1;

/** Differs when a node, an expression or a schema does; where something stands in the file does not matter. */
function fingerprint(nodes: readonly PlanNode[]): string {
  const text = JSON.stringify(nodes, (key, value: unknown) =>
    key === 'place' || key === 'code' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
  );
  return createHash('sha256').update(`${STATE_FORM} ${text}`).digest('hex').slice(0, 32);
}
