import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { OperatorDetail, OperatorStatus } from '../../src/server/api.ts';
import { countText, durationText, rateText } from './format.ts';

const HEIGHT = 92;
/** Boxes are as wide as the page has room for. */
const [LEAST_WIDTH, MOST_WIDTH] = [116, 240];
const GAP_X = 16;
const GAP_Y = 22;
const EDGE = 4;

interface Box {
  readonly operator: OperatorDetail;
  readonly x: number;
  readonly y: number;
}

interface Layout {
  readonly boxes: ReadonlyMap<number, Box>;
  readonly boxWidth: number;
  readonly width: number;
  readonly height: number;
  readonly isDownwards: boolean;
}

/** The operators in layers from left to right, or from top to bottom; each as close as possible to what it reads. */
function layOut(operators: readonly OperatorDetail[], room: number): Layout {
  const layer = new Map<number, number>();
  for (const { id, inputs } of operators) layer.set(id, Math.max(-1, ...inputs.map((input) => layer.get(input) ?? 0)) + 1);
  const layers: OperatorDetail[][] = [];
  for (const operator of operators) (layers[layer.get(operator.id)!] ??= []).push(operator);
  const lane = new Map<number, number>();
  for (const members of layers) {
    const wanted = ({ inputs }: OperatorDetail): number =>
      inputs.reduce((sum, input) => sum + (lane.get(input) ?? 0), 0) / Math.max(1, inputs.length);
    let next = 0;
    for (const operator of members.toSorted((a, b) => wanted(a) - wanted(b) || a.id - b.id)) {
      const place = Math.max(next, wanted(operator));
      lane.set(operator.id, place);
      next = place + 1;
    }
  }
  const lanes = Math.max(1, ...[...lane.values()].map((place) => place + 1));
  // What is too long for the page leads downwards: a page scrolls that way anyhow.
  const isDownwards = layers.length * (LEAST_WIDTH + GAP_X) - GAP_X + 2 * EDGE > room;
  const [columns, rows] = isDownwards ? [lanes, layers.length] : [layers.length, lanes];
  const fitting = (room - 2 * EDGE - (columns - 1) * GAP_X) / columns;
  const boxWidth = Math.floor(Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, fitting)));
  const boxes = new Map(
    operators.map((operator) => {
      const [along, across] = [layer.get(operator.id)!, lane.get(operator.id)!];
      const [column, row] = isDownwards ? [across, along] : [along, across];
      return [operator.id, { operator, x: column * (boxWidth + GAP_X) + EDGE, y: row * (HEIGHT + GAP_Y) + EDGE }];
    }),
  );
  const width = columns * (boxWidth + GAP_X) - GAP_X + 2 * EDGE;
  return { boxes, boxWidth, width, height: rows * (HEIGHT + GAP_Y) - GAP_Y + 2 * EDGE, isDownwards };
}

/** The line from a box to one that reads it. */
function edgePath(from: Box, to: Box, { boxWidth, isDownwards }: Layout): string {
  if (isDownwards) {
    const [x1, y1, x2, y2] = [from.x + boxWidth / 2, from.y + HEIGHT, to.x + boxWidth / 2, to.y];
    const bend = (y2 - y1) / 2;
    return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
  }
  const [x1, y1, x2, y2] = [from.x + boxWidth, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = Math.max(GAP_X / 2, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
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
  const frame = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(0);
  useLayoutEffect(() => {
    const measure = (): void => setRoom(frame.current?.clientWidth ?? 0);
    measure();
    const resize = new ResizeObserver(measure);
    resize.observe(frame.current!);
    return () => resize.disconnect();
  }, []);
  const layout = useMemo(() => layOut(operators, room), [operators, room]);
  const { boxes, boxWidth, width, height, isDownwards } = layout;
  return (
    <div class={`graph scroll ${isDownwards ? 'downwards' : ''}`} ref={frame} role="group" aria-label="Graph of the operators">
      <div class="canvas" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          {operators.flatMap(({ id, inputs }) =>
            inputs.map((input) => {
              const isMoving = (status.get(input)?.recordsOutPerSecond ?? 0) > 0;
              const path = edgePath(boxes.get(input)!, boxes.get(id)!, layout);
              return <path key={`${input} ${id}`} class={isMoving ? 'moving' : ''} d={path} />;
            }),
          )}
        </svg>
        {[...boxes.values()].map(({ operator, x, y }) => (
          <button
            key={operator.id}
            type="button"
            class={`operator ${operator.kind}`}
            aria-pressed={operator.id === chosen}
            title={operator.summary}
            data-test={`operator-${operator.id}`}
            style={{ left: `${x}px`, top: `${y}px`, width: `${boxWidth}px`, height: `${HEIGHT}px` }}
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
    status?.watermarkLagMs == null ? '' : behindText(status.watermarkLagMs),
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

const behindText = (lagMs: number): string => (lagMs < 0 ? `${durationText(-lagMs)} ahead` : `${durationText(lagMs)} behind`);
