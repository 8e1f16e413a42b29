import { HistoryChart } from '../charts/history-chart.js';
import { SphereView, type Viewpoint } from '../draw/sphere-view.js';
import type { Backend, Metrics } from '../protocol.js';
import type { Tab } from '../tabs.js';
import { make } from '../ui/elements.js';
import { FACE_COLOURS, Gallery } from './gallery.js';
import { CORNERS, fieldInBodies } from './octupole.js';
import { STRENGTHS, type RotationCommand, type RotationReport } from './protocol.js';

const STEPS = 1500;
const DEFAULT_STRENGTH = 4;

/** Tetrahedra in a field: a flow on SO(3) learns how they turn, from their energy alone. */
export class RotationsPage implements Tab {
  readonly #viewpoint: Viewpoint = { turn: 0.5, tilt: 0.35, views: [] };
  readonly #gallery: Gallery;
  readonly #drawn: SphereView;
  readonly #exact: SphereView;
  readonly #chart: HistoryChart;
  readonly #history: Metrics[] = [];
  readonly #play = make('button', { type: 'button', className: 'primary' }, 'Pause');
  readonly #figures = make('p', { className: 'figures' });
  readonly #message = make('p', { className: 'message', role: 'status', hidden: true });
  readonly #engine = make('output', { className: 'engine' });
  readonly #strength: HTMLSelectElement;
  readonly #seed = make('input', { size: 5, value: '1', spellcheck: false });
  #worker: Worker | null = null;
  #run = 0;
  #playing = true;
  #logZ = 0;
  #parameters = 0;

  constructor(host: HTMLElement, hash: URLSearchParams) {
    this.#strength = make('select', {}, ...STRENGTHS.map((value) => make('option', { value: String(value) }, String(value)))); // prettier-ignore
    const asked = Number(hash.get('strength'));
    this.#strength.value = String(STRENGTHS.find((value) => value === asked) ?? DEFAULT_STRENGTH);
    this.#seed.value = hash.get('seed') || '1';
    const reset = make('button', { type: 'button' }, 'Reset');
    this.#play.onclick = () => this.#setPlaying(!this.#playing);
    reset.onclick = () => this.#restart();
    this.#strength.onchange = this.#seed.onchange = () => this.#restart();
    const canvas = (name: string) => make('canvas', { ariaLabel: name, role: 'img', tabIndex: 0 });
    const [bodies, drawn, exact] = ['Tetrahedra drawn from the flow', 'Draws of the flow on the sphere', 'Exact draws on the sphere'].map(canvas); // prettier-ignore
    const figure = (content: HTMLElement, kind: string, title: string, text: string) =>
      make('figure', {}, make('div', { className: kind }, content), make('figcaption', {}, make('b', {}, title), ` ${text}`)); // prettier-ignore
    const [loss, gradient] = [make('div', { className: 'chart' }), make('div', { className: 'chart' })];
    host.replaceChildren(
      make('p', { className: 'formula' }, make('code', {}, 'u(R) = −κ Σₐ (e_z · R nₐ)³'), ' A rigid tetrahedron with corners nₐ in an octupole field along z. A flow on unit quaternions, where q and −q are one rotation, learns the density exp(−u)/Z by its energy alone: one corner turns to the field, any of the four.'), // prettier-ignore
      make('div', { className: 'run' }, this.#play, reset, make('label', {}, 'field κ ', this.#strength), make('label', {}, 'seed ', this.#seed), this.#engine), // prettier-ignore
      this.#message,
      this.#figures,
      make(
        'div',
        { className: 'planes' },
        figure(bodies, 'plane', 'Bodies', 'Draws of the flow; the field points up. The same noise all the time: you see it bend.'), // prettier-ignore
        figure(drawn, 'plane', 'Flow', 'The field as each body sees it; circles are its corners. Drag, or use the arrow keys.'), // prettier-ignore
        figure(exact, 'plane', 'Exact', 'The same of exact draws, by rejection.'),
      ),
      make(
        'section',
        { className: 'charts' },
        figure(loss, '', 'Loss', 'KL(flow ‖ target), with the exact log Z. Zero is perfect.'),
        figure(gradient, '', 'Gradient', 'Euclidean norm over all parameters, before clipping at 10.'),
      ),
    );
    const marks = CORNERS.map((at, i) => ({ at, colour: FACE_COLOURS[i] }));
    this.#gallery = new Gallery(bodies);
    this.#drawn = new SphereView(drawn, this.#viewpoint, marks);
    this.#exact = new SphereView(exact, this.#viewpoint, marks);
    this.#chart = new HistoryChart(loss, gradient);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redraw());
  }

  show(backend: Backend | null): void {
    if (this.#worker) return this.#setPlaying(true);
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<RotationReport>) => this.#receive(data);
    this.#worker.onerror = (event) => this.#tell(event.message || 'The worker could not be loaded.');
    this.#send({ type: 'open', backend });
    this.#restart();
  }

  hide(): void {
    this.#setPlaying(false);
  }

  get hash(): Record<string, string> {
    return { strength: this.#strength.value, seed: this.#seed.value };
  }

  #restart(): void {
    this.#history.length = 0;
    this.#tell(null);
    this.#setPlaying(true);
    const settings = { strength: Number(this.#strength.value), seed: this.#seed.value || '1', steps: STEPS };
    this.#send({ type: 'run', run: ++this.#run, settings });
    history.replaceState(null, '', `#${new URLSearchParams({ tab: 'rotations', ...this.hash }).toString()}`);
  }

  #setPlaying(playing: boolean): void {
    this.#playing = playing;
    this.#play.textContent = playing ? 'Pause' : 'Play';
    this.#send({ type: playing ? 'play' : 'pause' });
  }

  #send(command: RotationCommand): void {
    this.#worker?.postMessage(command);
  }

  #tell(message: string | null): void {
    this.#message.hidden = message === null;
    this.#message.textContent = message;
  }

  #redraw(): void {
    for (const view of [this.#gallery, this.#drawn, this.#exact]) view.redraw();
  }

  #receive(report: RotationReport): void {
    if (report.type === 'opened') {
      this.#engine.textContent = `runs on ${report.backend}`;
      return;
    }
    if (report.run !== this.#run && report.run !== 0) return;
    switch (report.type) {
      case 'started':
        this.#exact.points = report.exact;
        this.#logZ = report.logZ;
        this.#parameters = report.parameters;
        return this.#exact.redraw();
      case 'frame': {
        const { rotations, metrics, logZ } = report.frame;
        this.#gallery.rotations = rotations;
        this.#drawn.points = fieldInBodies(rotations);
        this.#history.push(metrics);
        this.#showFigures(metrics, logZ);
        this.#gallery.redraw();
        this.#drawn.redraw();
        const style = getComputedStyle(document.documentElement);
        this.#chart.update({ courses: [{ title: 'Rotation flow', history: this.#history, best: 0 }], ink: style.getPropertyValue('--soft'), grid: style.getPropertyValue('--line') }); // prettier-ignore
        return;
      }
      case 'ended':
        return this.#setPlaying(false);
      case 'problem':
        this.#setPlaying(false);
        return this.#tell(report.message);
    }
  }

  #showFigures({ step, loss, ess, gradientNorm, stepsPerSecond }: Metrics, logZ: number): void {
    const figure = (name: string, value: string) => make('span', {}, `${name} `, make('b', {}, value));
    this.#figures.replaceChildren(
      figure('step', step.toLocaleString('en')),
      figure('KL', `${loss.toFixed(3)} nats`),
      figure('ESS', `${(100 * (ess ?? 0)).toFixed(1)} %`),
      figure('log Z by weights', logZ.toFixed(3)),
      figure('exactly', this.#logZ.toFixed(3)),
      figure('|∇|', gradientNorm.toPrecision(2)),
      figure('', `${stepsPerSecond.toFixed(0)} steps/s`),
      figure('', `${this.#parameters.toLocaleString('en')} parameters`),
    );
  }
}
