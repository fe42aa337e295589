import { BarChart, GaugeChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { LabelLayout } from 'echarts/features';
import { init, use, type ECharts, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useStore } from './store.ts';
import { COLOURS, theme, type Colours } from './theme.ts';

use([BarChart, GaugeChart, LineChart, GridComponent, LegendComponent, TooltipComponent, LabelLayout, CanvasRenderer]);

/** As the style sheet's: a canvas inherits none. */
const FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif";

/** Where tests and the curious read how long the last drawing took. */
interface Drawn extends HTMLDivElement {
  drawnInMs?: number;
}

/** What to draw, in a chart of this width. Series have ids: by them a new drawing takes the place of the one before. */
export type Draw = (colours: Colours, width: number) => EChartsCoreOption;

export type Select = (from: number, to: number) => void;

/** Less is a click. */
const LEAST_DRAG_PX = 8;

/** Shows by `band` what the mouse is dragged over, and tells it when it is let go. By touch one scrolls. */
function followDrags(chart: ECharts, band: HTMLElement, select: Select): void {
  let start: number | null = null;
  const [zr, frame] = [chart.getZr(), band.parentElement!];
  const isTouch = ({ event }: { event: unknown }): boolean => (event as { pointerType?: string }).pointerType === 'touch';
  zr.on('mousedown', (event) => {
    const isSelectable = frame.classList.contains('selectable') && chart.containPixel('grid', [event.offsetX, event.offsetY]);
    if (isSelectable && !isTouch(event)) start = event.offsetX;
  });
  zr.on('mousemove', ({ offsetX }) => {
    if (start === null) return;
    band.hidden = false;
    band.style.left = `${Math.min(start, offsetX)}px`;
    band.style.width = `${Math.abs(offsetX - start)}px`;
  });
  const end = ({ offsetX }: { offsetX: number }): void => {
    if (start === null) return;
    const [from, to] = [Math.min(start, offsetX), Math.max(start, offsetX)];
    start = null;
    band.hidden = true;
    if (to - from < LEAST_DRAG_PX) return;
    const valueAt = (x: number): number => chart.convertFromPixel({ xAxisIndex: 0 }, x);
    select(valueAt(from), valueAt(to));
  };
  zr.on('mouseup', end);
  zr.on('globalout', () => {
    start = null;
    band.hidden = true;
  });
}

/** A chart that is drawn anew whenever `options` is another function. Its content is told to screen readers by `label`. */
export function Chart({
  options,
  height,
  label,
  onSelect,
}: {
  options: Draw;
  height: number | ((width: number) => number);
  label: string;
  /** What to do with a stretch of the x axis that was dragged over. */
  onSelect?: Select;
}) {
  const box = useRef<Drawn>(null);
  const chart = useRef<ECharts | null>(null);
  const band = useRef<HTMLDivElement>(null);
  const select = useRef(onSelect);
  select.current = onSelect;
  const [width, setWidth] = useState(0);
  const colours = COLOURS[useStore(theme)];
  const heightThen = typeof height === 'number' ? height : width === 0 ? 0 : height(width);
  useLayoutEffect(() => {
    const measure = (): void => setWidth(box.current?.clientWidth ?? 0);
    measure();
    const resize = new ResizeObserver(measure);
    resize.observe(box.current!);
    return () => {
      resize.disconnect();
      chart.current?.dispose();
    };
  }, []);
  useEffect(() => {
    if (width === 0 || heightThen === 0) return;
    const startedAt = performance.now();
    const size = { width, height: heightThen };
    if (chart.current === null) {
      chart.current = init(box.current, null, { renderer: 'canvas', ...size });
      followDrags(chart.current, band.current!, (from, to) => select.current?.(from, to));
    }
    const made = chart.current;
    if (made.getWidth() !== width || made.getHeight() !== heightThen) made.resize(size);
    // Tooltips as canvas text: the content security policy allows no inline styles, and what messages hold stays text.
    const base = {
      animation: false,
      // Times are given as local times of the server's zone; see zoned-times.ts.
      useUTC: true,
      textStyle: { fontFamily: FONT, color: colours.text },
      color: [...colours.series],
      tooltip: {
        renderMode: 'richText',
        confine: true,
        backgroundColor: colours.surface,
        borderColor: colours.line,
        textStyle: { color: colours.text, fontSize: 12 },
      },
    };
    const own = options(colours, width) as { tooltip?: object };
    // What the reader has chosen in the legend and points at stays.
    made.setOption({ ...base, ...own, tooltip: { ...base.tooltip, ...own.tooltip } }, { replaceMerge: ['series'] });
    made.getZr().flush();
    box.current!.drawnInMs = performance.now() - startedAt;
  }, [options, colours, width, heightThen]);
  return (
    <div class={`chart-frame ${onSelect === undefined ? '' : 'selectable'}`}>
      <div ref={box} class="chart" role="img" aria-label={label} style={{ height: `${heightThen}px` }} />
      <div ref={band} class="band" hidden />
    </div>
  );
}
