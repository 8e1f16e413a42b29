import type * as plotlyModule from './plotly.js';
import type { Metrics } from '../protocol.js';

/** One flow's history, and what it is called. */
export interface Course {
  readonly title: string;
  readonly history: readonly Metrics[];
  readonly best: number | null;
}

/** Redraws come no more often than this, in milliseconds. */
const INTERVAL = 1000;
/** Points of a line. */
const MOST_POINTS = 200;
/** Blue, orange, green and violet that the colour-blind can tell apart. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];

type PlotlyModule = typeof plotlyModule;

/** Loss, held-out loss and gradient norm over steps, by plotly, which is loaded when training has long begun. */
export class HistoryChart {
  readonly #hosts: readonly [loss: HTMLElement, gradient: HTMLElement];
  #plotly: Promise<PlotlyModule> | null = null;
  #next = 0;
  #busy = false;

  constructor(loss: HTMLElement, gradient: HTMLElement) {
    this.#hosts = [loss, gradient];
  }

  /** Shows the courses, now or when the next redraw is due. */
  async update(courses: readonly Course[], ink: string, grid: string): Promise<void> {
    if (this.#busy || performance.now() < this.#next || courses.every(({ history }) => history.length < 3)) return;
    this.#busy = true;
    const { Plotly } = await (this.#plotly ??= import('./plotly.js'));
    const traces = courses.map((course, i) => tracesOf(course, i));
    const draw = (host: HTMLElement, data: object[], title: string, log: boolean) =>
      Plotly.react(host as never, data as never, layoutOf(title, log, ink, grid) as never, CONFIG as never);
    await draw(this.#hosts[0], traces.flatMap(({ loss }) => loss), 'nats', false); // prettier-ignore
    // Another task: in between the page answers.
    await new Promise((resolve) => setTimeout(resolve));
    await draw(this.#hosts[1], traces.flatMap(({ gradient }) => gradient), 'gradient norm', true); // prettier-ignore
    this.#next = performance.now() + INTERVAL;
    this.#busy = false;
  }

  /** The loss chart as an image. */
  async image(format: 'svg' | 'png'): Promise<string> {
    const { Plotly } = await (this.#plotly ??= import('./plotly.js'));
    return Plotly.toImage(this.#hosts[0] as never, { format, width: 900, height: 450 });
  }
}

const CONFIG = { displayModeBar: false, responsive: true };

function tracesOf({ title, history, best }: Course, index: number): { loss: object[]; gradient: object[] } {
  const stride = Math.ceil(history.length / MOST_POINTS);
  const shown = history.filter((_, i) => i % stride === 0 || i === history.length - 1);
  const x = shown.map(({ step }) => step);
  const line = (name: string, y: (number | null)[], style: object) => ({ type: 'scatter', mode: 'lines', name, x, y, line: style }); // prettier-ignore
  const colour = COLOURS[(2 * index) % COLOURS.length];
  const other = COLOURS[(2 * index + 1) % COLOURS.length];
  const loss: object[] = [line(`${title}: loss`, shown.map((m) => m.loss), { color: colour, width: 1, dash: 'dot' })]; // prettier-ignore
  if (shown.some((m) => m.heldOut !== null)) {
    loss.push(line(`${title}: held out`, shown.map((m) => m.heldOut), { color: other, width: 2 })); // prettier-ignore
  }
  if (best !== null && index === 0) {
    loss.push({ ...line('best possible', x.map(() => best), { color: '#888', width: 1, dash: 'dash' }) }); // prettier-ignore
  }
  return { loss, gradient: [line(title, shown.map((m) => m.gradientNorm), { color: colour, width: 1.5 })] }; // prettier-ignore
}

function layoutOf(title: string, log: boolean, ink: string, grid: string): object {
  const axis = { gridcolor: grid, zeroline: false, automargin: true };
  return {
    margin: { l: 46, r: 8, t: 8, b: 34 },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: { color: ink, size: 11, family: 'system-ui, sans-serif' },
    xaxis: { ...axis, title: { text: 'step', standoff: 4 } },
    yaxis: { ...axis, title: { text: title, standoff: 6 }, type: log ? 'log' : 'linear' },
    showlegend: !log,
    legend: { x: 1, xanchor: 'right', y: 1, bgcolor: 'rgba(0,0,0,0)' },
    uirevision: 'kept',
  };
}
