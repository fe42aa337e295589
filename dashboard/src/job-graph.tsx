import { useMemo } from 'preact/hooks';
import type { OperatorDetail, OperatorStatus } from '../../src/server/api.ts';
import { countText, durationText, rateText } from './format.ts';

const WIDTH = 180;
const HEIGHT = 92;
const GAP_X = 32;
const GAP_Y = 20;

interface Box {
  readonly operator: OperatorDetail;
  readonly x: number;
  readonly y: number;
}

/** The operators in layers from left to right; each as close as possible to what it reads. */
function layOut(operators: readonly OperatorDetail[]): { boxes: Map<number, Box>; width: number; height: number } {
  const layer = new Map<number, number>();
  for (const { id, inputs } of operators) layer.set(id, Math.max(-1, ...inputs.map((input) => layer.get(input) ?? 0)) + 1);
  const layers: OperatorDetail[][] = [];
  for (const operator of operators) (layers[layer.get(operator.id)!] ??= []).push(operator);
  const row = new Map<number, number>();
  for (const members of layers) {
    const wanted = ({ inputs }: OperatorDetail): number =>
      inputs.reduce((sum, input) => sum + (row.get(input) ?? 0), 0) / Math.max(1, inputs.length);
    let next = 0;
    for (const operator of members.toSorted((a, b) => wanted(a) - wanted(b) || a.id - b.id)) {
      const place = Math.max(next, wanted(operator));
      row.set(operator.id, place);
      next = place + 1;
    }
  }
  const boxes = new Map(
    operators.map((operator) => [
      operator.id,
      { operator, x: layer.get(operator.id)! * (WIDTH + GAP_X) + 8, y: row.get(operator.id)! * (HEIGHT + GAP_Y) + 8 },
    ]),
  );
  const height = Math.max(...[...row.values()].map((place) => place + 1)) * (HEIGHT + GAP_Y);
  return { boxes, width: layers.length * (WIDTH + GAP_X) - GAP_X + 16, height };
}

export function JobGraph({
  operators,
  status,
  chosen,
  choose,
}: {
  operators: readonly OperatorDetail[];
  status: ReadonlyMap<number, OperatorStatus>;
  chosen: number | null;
  choose: (id: number) => void;
}) {
  const { boxes, width, height } = useMemo(() => layOut(operators), [operators]);
  return (
    <div class="graph scroll" tabIndex={0} aria-label="Graph of the operators">
      <div class="canvas" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          {operators.flatMap(({ id, inputs }) =>
            inputs.map((input) => {
              const [from, to] = [boxes.get(input)!, boxes.get(id)!];
              const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
              const bend = Math.max(GAP_X / 2, (x2 - x1) / 2);
              const isMoving = (status.get(input)?.recordsOutPerSecond ?? 0) > 0;
              return (
                <path
                  key={`${input} ${id}`}
                  class={isMoving ? 'moving' : ''}
                  d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
                />
              );
            }),
          )}
        </svg>
        {[...boxes.values()].map(({ operator, x, y }) => (
          <button
            key={operator.id}
            type="button"
            class={`operator ${operator.kind}`}
            aria-pressed={operator.id === chosen}
            data-test={`operator-${operator.id}`}
            style={{ left: `${x}px`, top: `${y}px`, width: `${WIDTH}px`, height: `${HEIGHT}px` }}
            onClick={() => choose(operator.id)}
          >
            <OperatorText operator={operator} status={status.get(operator.id)} />
          </button>
        ))}
      </div>
    </div>
  );
}

function OperatorText({ operator, status }: { operator: OperatorDetail; status: OperatorStatus | undefined }) {
  const rate =
    status === undefined
      ? ''
      : operator.kind === 'sink'
        ? rateText(status.recordsInPerSecond)
        : rateText(status.recordsOutPerSecond);
  const notes = [
    status?.watermarkLagMs == null ? '' : `watermark ${durationText(status.watermarkLagMs)} behind`,
    status === undefined || status.stateEntries === 0 ? '' : `${countText(status.stateEntries)} in state`,
    status === undefined || status.late === 0 ? '' : `${countText(status.late)} late`,
    status === undefined || status.malformed === 0 ? '' : `${countText(status.malformed)} malformed`,
  ].filter((note) => note !== '');
  return (
    <>
      <span class="title">
        {operator.title} {operator.table !== null && <b>{operator.table}</b>}
      </span>
      <span class="summary">{operator.summary}</span>
      <span class="counters">
        <b>{rate}</b> {notes.slice(0, 2).join(' · ')}
      </span>
    </>
  );
}
