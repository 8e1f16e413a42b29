import { Client } from './client.js';
import { FLOWS, SIZES, flowEntry, type FlowId, type SizeId } from './catalogue/flows.js';
import type { Plane } from './draw/plane.js';
import { watchPointer } from './panels/brush.js';
import { dataPanel } from './panels/data-panel.js';
import { showDecomposition } from './panels/decomposition.js';
import { latentPanel } from './panels/latent-panel.js';
import { mapPanel } from './panels/map-panel.js';
import type { Layers, View } from './panels/view.js';
import type { Backend, Metrics, ModelFile, Problem, Report, RunSettings } from './protocol.js';
import { make } from './ui/elements.js';

/** What a lane tells the page. */
export interface LaneEvents {
  onOpened(backend: Backend, reason: string, previews: Record<string, Float32Array>): void;
  onMetrics(): void;
  onEnded(): void;
  onChosen(flow: FlowId, size: SizeId): void;
  onProblem(problem: Problem): void;
}

/** One flow in training, and its three planes. */
export class Lane {
  readonly root: HTMLElement;
  readonly client: Client;
  readonly view: View = { started: null, frame: null, journey: null, brushed: new Set(), inspected: null, position: 0 };
  readonly history: Metrics[] = [];
  snapshot: { step: number; files: readonly ModelFile[] } | null = null;
  readonly #planes: readonly Plane[];
  readonly #events: LaneEvents;
  readonly #select: HTMLSelectElement;
  readonly #size: HTMLSelectElement;
  readonly #slider: HTMLInputElement;
  readonly #figures: HTMLElement;
  readonly #chips: HTMLElement;
  readonly #point: HTMLElement;
  readonly #formula: HTMLElement;
  readonly #off = new Set<number>();
  #travelling = false;

  constructor(host: HTMLElement, backend: Backend | null, layers: Layers, events: LaneEvents) {
    this.#events = events;
    this.#select = make(
      'select',
      { ariaLabel: 'Flow' },
      ...FLOWS.map(({ id, title }) => make('option', { value: id }, title)),
    );
    this.#size = make(
      'select',
      { ariaLabel: 'Size' },
      ...Object.entries(SIZES).map(([id, title]) => make('option', { value: id }, title)),
    );
    for (const select of [this.#select, this.#size]) {
      select.onchange = () => events.onChosen(this.#select.value as FlowId, this.#size.value as SizeId);
    }
    this.#figures = make('p', { className: 'figures' });
    this.#formula = make('p', { className: 'formula' });
    this.#slider = make('input', {
      type: 'range',
      min: '0',
      max: '1',
      step: '0.01',
      value: '0',
      ariaLabel: 'From base to data',
    });
    this.#slider.oninput = () => this.#moveTo(Number(this.#slider.value));
    const travel = make('button', { type: 'button', textContent: 'Travel', title: 'Animate from base to data' });
    travel.onclick = () => this.#travel();
    this.#chips = make('div', { className: 'chips' });
    this.#point = make(
      'div',
      { className: 'point' },
      make(
        'p',
        {},
        'Click a point of the data plane to see where it comes from, and what each layer adds to its log p.',
      ),
    );
    const canvas = (name: string) => make('canvas', { ariaLabel: name, role: 'img', tabIndex: 0 });
    const [data, latent, map] = [
      'Density and samples of the flow',
      'Held-out data in the base',
      'The map from base to data',
    ].map(canvas);
    const figure = (target: HTMLCanvasElement, caption: string, ...rest: HTMLElement[]) =>
      make(
        'figure',
        {},
        make('div', { className: 'plane' }, target),
        make('figcaption', { innerHTML: caption }),
        ...rest,
      );
    this.root = make(
      'section',
      { className: 'lane' },
      make('header', {}, this.#select, this.#size, this.#formula, this.#figures),
      make(
        'div',
        { className: 'planes' },
        figure(
          data,
          '<b>Data</b> Colour is the density <i>p</i>(<i>x</i>); lines hold 50, 90 and 99 % of it; dots are draws.',
          this.#point,
        ),
        figure(
          map,
          '<b>Map</b> A lattice of the base on its way: orange where the map stretches, blue where it squeezes.',
          make('div', { className: 'slide' }, travel, this.#slider),
          this.#chips,
        ),
        figure(
          latent,
          '<b>Base</b> Held-out data, pulled back. Trained, it is a standard normal: circles hold 50, 90, 99 %.',
        ),
      ),
    );
    host.append(this.root);
    const planes = [dataPanel(data, this.view, layers), mapPanel(map, this.view), latentPanel(latent, this.view)];
    this.#planes = planes;
    watchPointer(planes[0], {
      onBrush: (inside) => this.#brush(this.view.started?.data, inside),
      onClick: (point) => void this.inspect(point),
    });
    watchPointer(planes[2], { onBrush: (inside) => this.#brush(this.view.frame?.latent, inside), onClick: () => {} });
    this.client = new Client(backend, (report) => this.#receive(report));
  }

  /** Trains anew. */
  start(settings: RunSettings): void {
    this.history.length = 0;
    this.#off.clear();
    Object.assign(this.view, { started: null, frame: null, journey: null, brushed: new Set(), inspected: null });
    this.snapshot = null;
    this.#figures.replaceChildren();
    this.#select.value = settings.flow;
    this.#size.value = settings.size;
    const { formula, caption } = flowEntry(settings.flow);
    this.#formula.replaceChildren(make('code', {}, formula), ` ${caption}`);
    this.client.run(settings);
  }

  redraw(): void {
    for (const plane of this.#planes) plane.redraw();
  }

  async inspect(point: [number, number]): Promise<void> {
    if (!this.view.started) return;
    const report = await this.client.inspect(point);
    this.view.inspected = report;
    showDecomposition(this.#point, report, this.view.started?.stages ?? []);
    this.redraw();
  }

  dispose(): void {
    this.client.close();
    this.root.remove();
  }

  #brush(points: Float32Array | undefined, inside: (x: number, y: number) => boolean): void {
    const brushed = new Set<number>();
    for (let i = 0; points && 2 * i < points.length; i++) if (inside(points[2 * i], points[2 * i + 1])) brushed.add(i);
    this.view.brushed = brushed;
    this.redraw();
  }

  #moveTo(position: number): void {
    this.view.position = position;
    this.#slider.value = String(position);
    this.#planes[1].redraw();
  }

  /** Moves the slider from base to data. */
  #travel(): void {
    if (this.#travelling) return;
    this.#travelling = true;
    const began = performance.now();
    const stages = Number(this.#slider.max);
    const tick = () => {
      const share = Math.min(1, (performance.now() - began) / 4000);
      this.#moveTo(stages * share);
      this.#travelling = share < 1;
      if (this.#travelling) requestAnimationFrame(tick);
    };
    tick();
  }

  #receive(report: Report): void {
    switch (report.type) {
      case 'opened':
        return this.#events.onOpened(report.backend, report.reason, report.previews);
      case 'started': {
        this.view.started = report.started;
        const { stages } = report.started;
        this.#slider.max = String(stages.length);
        this.#moveTo(stages.length);
        this.#chips.replaceChildren(...stages.map((title, i) => this.#chip(title, i)));
        return;
      }
      case 'frame':
        this.view.frame = report.frame;
        this.view.journey = report.frame.journey ?? this.view.journey;
        if (this.history.at(-1)?.step !== report.frame.metrics.step) this.history.push(report.frame.metrics);
        this.#tell(report.frame.metrics);
        this.redraw();
        return this.#events.onMetrics();
      case 'snapshot':
        this.snapshot = report;
        return;
      case 'ended':
        return this.#events.onEnded();
      case 'problem':
        return this.#events.onProblem(report.problem);
      case 'answer':
      case 'refusal':
        return;
    }
  }

  /** Switches one stage on and off. */
  #chip(title: string, index: number): HTMLElement {
    const chip = make('button', { type: 'button', textContent: title, title: 'Switch this part off or on' });
    chip.setAttribute('aria-pressed', 'true');
    chip.onclick = () => {
      const off = !this.#off.delete(index);
      if (off) this.#off.add(index);
      chip.setAttribute('aria-pressed', String(!off));
      this.client.send({ type: 'switch', off: [...this.#off] });
    };
    return chip;
  }

  #tell({ step, loss, heldOut, ess, gradientNorm, stepsPerSecond }: Metrics): void {
    const figure = (name: string, value: string) => make('span', {}, `${name} `, make('b', {}, value));
    const best = this.view.started?.best;
    this.#figures.replaceChildren(
      figure('step', step.toLocaleString('en')),
      figure(ess === null ? 'loss' : 'KL', loss.toFixed(3)),
      ...(heldOut === null ? [] : [figure('held out', `${heldOut.toFixed(3)} nats`)]),
      ...(best === null || best === undefined ? [] : [figure('best possible', best.toFixed(3))]),
      ...(ess === null ? [] : [figure('ESS', `${(100 * ess).toFixed(1)} %`)]),
      figure('|∇|', gradientNorm.toPrecision(2)),
      figure('', `${stepsPerSecond.toFixed(0)} steps/s`),
      figure('', `${(this.view.started?.parameters ?? 0).toLocaleString('en')} parameters`),
    );
  }
}
