import type * as plotlyModule from './plotly.js';
import type { Metrics } from '../protocol.js';
import { make } from '../ui/elements.js';

/** One flow's history, and what it is called. */
export interface Course {
  readonly title: string;
  readonly history: readonly Metrics[];
  readonly best: number | null;
}

/** What is to be seen, in which colours. */
export interface View {
  readonly courses: readonly Course[];
  readonly ink: string;
  readonly grid: string;
}

/** Redraws come no more often than this, in milliseconds. */
const INTERVAL = 1000;
/** Points of a line. */
const MOST_POINTS = 120;
/** Blue, orange, green and violet that the colour-blind can tell apart. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];

/** A line as plotly draws it. */
interface Line {
  readonly type: 'scatter';
  readonly mode: 'lines';
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  readonly line: { readonly color: string; readonly width: number; readonly dash?: 'dot' | 'dash' };
}

type PlotlyModule = typeof plotlyModule;

/** Loss, held-out loss and gradient norm over steps, by plotly, whose axes are there before training begins: that is its longest task. */
export class HistoryChart {
  readonly #hosts: readonly [loss: HTMLElement, gradient: HTMLElement];
  /** What the lines are; plotly's own costs as much at each redraw as they do. */
  readonly #legend = make('p', { className: 'legend' });
  readonly #plotly: Promise<PlotlyModule>;
  #due: View | null = null;
  #drawing = false;

  constructor(loss: HTMLElement, gradient: HTMLElement) {
    this.#hosts = [loss, gradient];
    loss.after(this.#legend);
    this.#plotly = this.#prepare();
  }

  /** Shows the courses, now or when the next redraw is due. */
  update(view: View): void {
    if (view.courses.every(({ history }) => history.length < 3)) return;
    this.#due = view;
    if (!this.#drawing) void this.#drawWhileDue();
  }

  async #drawWhileDue(): Promise<void> {
    this.#drawing = true;
    for (let view = this.#due; view; view = this.#due) {
      this.#due = null;
      await this.#draw(view);
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
    this.#drawing = false;
  }

  async #draw({ courses, ink, grid }: View): Promise<void> {
    const { Plotly } = await this.#plotly;
    const traces = courses.map((course, i) => tracesOf(course, i));
    const [loss, gradient] = [traces.flatMap((trace) => trace.loss), traces.flatMap((trace) => trace.gradient)];
    const draw = (host: HTMLElement, data: Line[], title: string, log: boolean) =>
      ownTask(() =>
        Plotly.react(host as never, data as never, layoutOf(title, log, ink, grid) as never, CONFIG as never),
      );
    this.#legend.replaceChildren(...loss.map(({ name, line }) => {
      const sample = make('i', { className: line.dash ?? 'solid' });
      sample.style.borderColor = line.color;
      return make('span', {}, sample, name);
    })); // prettier-ignore
    await draw(this.#hosts[0], loss, 'nats', false);
    await draw(this.#hosts[1], gradient, 'gradient norm', true);
  }

  /** A line that is not seen warms up what draws lines. */
  async #prepare(): Promise<PlotlyModule> {
    const module = await import('./plotly.js');
    // Where the chart is not shown it has no size.
    if (this.#hosts[0].offsetWidth === 0) return module;
    const [unseen, line] = ['transparent', { color: 'transparent' }];
    const data = [1, 2].map(() => ({ type: 'scatter', mode: 'lines', name: '', x: [1, 2], y: [1, 2], line }));
    for (const [i, host] of this.#hosts.entries()) {
      const layout = layoutOf('', i === 1, unseen, unseen);
      await ownTask(() => module.Plotly.react(host as never, data as never, layout as never, CONFIG as never));
    }
    return module;
  }

  /** The loss chart as an image. */
  async image(format: 'svg' | 'png'): Promise<string> {
    const { Plotly } = await this.#plotly;
    const { data, layout } = this.#hosts[0] as unknown as { data: Line[]; layout: object };
    const figure = { data, layout: { ...layout, showlegend: true } };
    return Plotly.toImage(figure as never, { format, width: 900, height: 450 });
  }
}

/** In between tasks the page answers. */
async function ownTask(work: () => unknown): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  await work();
}

const CONFIG = { displayModeBar: false, responsive: true };

function tracesOf({ title, history, best }: Course, index: number): { loss: Line[]; gradient: Line[] } {
  const stride = Math.ceil(history.length / MOST_POINTS);
  const shown = history.filter((_, i) => i % stride === 0 || i === history.length - 1);
  const x = shown.map(({ step }) => step);
  const line = (name: string, y: (number | null)[], style: Line['line']): Line => ({ type: 'scatter', mode: 'lines', name, x, y, line: style }); // prettier-ignore
  const colour = COLOURS[(2 * index) % COLOURS.length];
  const other = COLOURS[(2 * index + 1) % COLOURS.length];
  const loss: Line[] = [line(`${title}: loss`, shown.map((m) => m.loss), { color: colour, width: 1, dash: 'dot' })]; // prettier-ignore
  if (shown.some((m) => m.heldOut !== null)) {
    loss.push(line(`${title}: held out`, shown.map((m) => m.heldOut), { color: other, width: 2 })); // prettier-ignore
  }
  if (best !== null && index === 0) {
    loss.push(line('best possible', x.map(() => best), { color: '#888', width: 1, dash: 'dash' })); // prettier-ignore
  }
  return { loss, gradient: [line(title, shown.map((m) => m.gradientNorm), { color: colour, width: 1.5 })] }; // prettier-ignore
}

function layoutOf(title: string, log: boolean, ink: string, grid: string): object {
  const axis = { gridcolor: grid, zeroline: false };
  return {
    margin: { l: 46, r: 8, t: 8, b: 40 },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: { color: ink, size: 11, family: 'system-ui, sans-serif' },
    xaxis: { ...axis, title: { text: 'step', standoff: 4 } },
    yaxis: { ...axis, title: { text: title, standoff: 6 }, type: log ? 'log' : 'linear' },
    showlegend: false,
    legend: { x: 1, xanchor: 'right', y: 1, bgcolor: 'rgba(0,0,0,0)' },
    uirevision: 'kept',
  };
}
