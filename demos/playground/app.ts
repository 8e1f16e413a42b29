import { flowEntry } from './catalogue/flows.js';
import { ENERGIES, TOYS } from './catalogue/targets.js';
import { HistoryChart } from './charts/history-chart.js';
import { Lane } from './lane.js';
import type { Layers } from './panels/view.js';
import type { Backend, ModelFile, Problem, TargetSpec } from './protocol.js';
import { hashOf, settingsFrom, targetOf, type Settings } from './settings.js';
import { codeOf } from './ui/code.js';
import { download, element, make } from './ui/elements.js';
import { offerOwnTargets } from './ui/own-target.js';
import { drawPreview } from './ui/preview.js';

/** The page: one flow or two on a target, and the controls around them. */
export class App {
  settings: Settings = settingsFrom(location.hash);
  readonly lanes: Lane[] = [];
  readonly #layers: Layers = { density: true, contours: true, samples: true, data: false, truth: false };
  readonly #chart = new HistoryChart(element('loss'), element('gradient'));
  #own: TargetSpec | null = null;
  #playing = true;
  #previews: Record<string, Float32Array> = {};
  #recoveries = 0;
  #resumes = false;
  #shown = false;

  /** Is seen: for the first time, or again, when it goes on unless it was paused. */
  show(): void {
    if (!this.#shown) this.#start();
    else if (this.#resumes) this.togglePlay();
    this.#resumes = false;
    history.replaceState(null, '', hashOf(this.settings));
  }

  /** Is not seen: does nothing meanwhile. */
  hide(): void {
    this.#resumes = this.#playing && this.#shown;
    if (this.#resumes) this.togglePlay();
  }

  /** Does what the link says now. */
  follow(): void {
    if (this.#shown) this.change(settingsFrom(location.hash));
    else this.settings = settingsFrom(location.hash);
  }

  #start(): void {
    this.#shown = true;
    this.#addLane();
    if (this.settings.versus) this.#addLane();
    this.#offerTargets();
    this.#offerLayers();
    this.#wire();
    offerOwnTargets(
      (target) => {
        this.#own = target;
        this.change({ target: 'own' });
      },
      (message) => this.tell(message),
    );
    this.restart();
    matchMedia('(prefers-color-scheme: dark)').onchange = () => this.#redraw();
  }

  /** Goes on with other settings, from the start. */
  change(changed: Partial<Settings>): void {
    const before = this.settings;
    this.settings = { ...before, ...changed };
    if (this.settings.versus && this.lanes.length === 1) this.#addLane();
    if (!this.settings.versus && this.lanes.length === 2) this.lanes.pop()!.dispose();
    if (this.settings.backend !== before.backend) for (const lane of this.lanes) lane.client.reopen(this.settings.backend); // prettier-ignore
    this.restart();
  }

  /** Trains all lanes anew, or the first from a saved model. */
  restart(files?: readonly ModelFile[]): void {
    const { flow, versus, size, seed, steps } = this.settings;
    let target = targetOf(this.settings.target, this.#own);
    const ids = [flow, ...(versus ? [versus] : [])];
    const unfit = ids.find((id) => flowEntry(id).forEnergies === null);
    if (target.kind === 'energy' && unfit) {
      this.tell(`${flowEntry(unfit).title} learns from data; an energy has none. Here are two moons instead.`);
      this.settings = { ...this.settings, target: 'twoMoons' };
      target = targetOf('twoMoons', null);
    } else this.tell(null);
    this.#setPlaying(true);
    this.lanes.forEach((lane, i) => lane.start({ target, flow: ids[i], size, seed, steps, ...(i === 0 && files && { files }) })); // prettier-ignore
    history.replaceState(null, '', hashOf(this.settings));
    element<HTMLInputElement>('seed').value = seed;
    element<HTMLInputElement>('steps').value = String(steps);
    element<HTMLSelectElement>('backend').value = this.settings.backend ?? '';
    element('versus').setAttribute('aria-pressed', String(versus !== null));
    element('code-text').textContent = codeOf({ target, flow, size, seed, steps });
    for (const button of element('targets').children) {
      button.setAttribute('aria-pressed', String((button as HTMLElement).dataset.target === this.settings.target));
    }
  }

  /** Shows a message, or none. */
  tell(message: string | null): void {
    const line = element('message');
    line.hidden = message === null;
    line.textContent = message;
  }

  togglePlay(): void {
    this.#setPlaying(!this.#playing);
    for (const lane of this.lanes) lane.client.send({ type: this.#playing ? 'play' : 'pause' });
  }

  stepOnce(): void {
    if (this.#playing) this.togglePlay();
    for (const lane of this.lanes) lane.client.send({ type: 'step' });
  }

  #setPlaying(playing: boolean): void {
    this.#playing = playing;
    element('play').textContent = playing ? 'Pause' : 'Play';
  }

  #addLane(): void {
    const first = this.lanes.length === 0;
    const lane: Lane = new Lane(element('lanes'), this.settings.backend, this.#layers, {
      onOpened: (backend, reason, previews) => this.#opened(backend, reason, previews),
      onMetrics: () => this.#drawChart(),
      onEnded: () => this.#setPlaying(false),
      onChosen: (flow, size) => this.change(first ? { flow, size } : { versus: flow, size }),
      onProblem: (problem) => this.#mend(lane, problem),
    });
    this.lanes.push(lane);
  }

  #opened(backend: Backend, reason: string, previews: Record<string, Float32Array>): void {
    const engine = element('engine');
    engine.textContent = `runs on ${backend}`;
    engine.title = reason;
    document.body.dataset.backend = backend;
    this.#previews = previews;
    this.#drawPreviews();
  }

  /** Tells what has happened, and goes on where that is possible. */
  #mend(lane: Lane, { kind, message }: Problem): void {
    const files = lane.snapshot?.files;
    if (kind === 'context') {
      this.#recoveries++;
      this.tell(`${message} Training goes on with wasm${files ? `, from step ${lane.snapshot!.step}` : ''}.`);
      this.#reopen(lane, 'wasm', files);
      document.body.dataset.recovered = String(this.#recoveries);
    } else if (kind === 'numerics') {
      this.#setPlaying(false);
      this.tell(`${message} ${files ? 'Press Play to go on from the last good weights, or Reset.' : 'Press Reset.'}`);
      document.body.dataset.recovered = String(++this.#recoveries);
      this.#reopen(lane, this.settings.backend, files, true);
    } else {
      this.#setPlaying(false);
      this.tell(kind === 'start' ? `No engine could be started: ${message}` : message);
    }
  }

  #reopen(lane: Lane, backend: Backend | null, files: readonly ModelFile[] | undefined, paused = false): void {
    const { flow, versus, size, seed, steps } = this.settings;
    const target = targetOf(this.settings.target, this.#own);
    lane.client.reopen(backend);
    const id = lane === this.lanes[0] ? flow : versus!;
    lane.start({ target, flow: id, size, seed, steps, paused, ...(files && { files }) });
  }

  #drawChart(): void {
    const style = getComputedStyle(document.documentElement);
    const titles = [this.settings.flow, this.settings.versus].map((id) => (id ? flowEntry(id).title : ''));
    const courses = this.lanes.map(({ history, view }, i) => ({ title: titles[i], history, best: view.started?.best ?? null })); // prettier-ignore
    this.#chart.update({ courses, ink: style.getPropertyValue('--soft'), grid: style.getPropertyValue('--line') });
  }

  #redraw(): void {
    for (const lane of this.lanes) lane.redraw();
    this.#drawPreviews();
  }

  #drawPreviews(): void {
    for (const [id, points] of Object.entries(this.#previews)) {
      const canvas = element('targets').querySelector<HTMLCanvasElement>(`[data-target=${id}] canvas`);
      if (canvas) drawPreview(canvas, points);
    }
  }

  #offerTargets(): void {
    const button = (id: string, title: string, picture: Node) => {
      const made = make('button', { type: 'button' }, picture, title);
      made.dataset.target = id;
      made.onclick = () => this.change({ target: id });
      return made;
    };
    const canvas = () => make('canvas', { width: 160, height: 118 });
    element('targets').replaceChildren(
      ...TOYS.map(({ id, title }) => button(id, title, canvas())),
      ...ENERGIES.map(({ id, title, formula }) => Object.assign(button(id, title, canvas()), { title: `From its energy alone: ${formula}` })), // prettier-ignore
    );
  }

  #offerLayers(): void {
    const names: Record<keyof Layers, string> = { density: 'density', contours: 'contours', samples: 'samples', data: 'held-out data', truth: 'true density' }; // prettier-ignore
    element('layers').replaceChildren(
      ...Object.entries(names).map(([name, title]) => {
        const layer = name as keyof Layers;
        const made = make('button', { type: 'button', textContent: title });
        made.setAttribute('aria-pressed', String(this.#layers[layer]));
        made.onclick = () => {
          this.#layers[layer] = !this.#layers[layer];
          made.setAttribute('aria-pressed', String(this.#layers[layer]));
          this.#redraw();
        };
        return made;
      }),
    );
  }

  #wire(): void {
    const on = (id: string, act: () => unknown) => (element(id).onclick = () => void act());
    on('play', () => this.togglePlay());
    on('step', () => this.stepOnce());
    on('reset', () => this.restart());
    on('versus', () => this.change({ versus: this.settings.versus ? null : 'realnvp' }));
    on('link', async () => {
      await navigator.clipboard.writeText(location.href);
      this.tell('The link is in the clipboard.');
    });
    on('code-copy', () => navigator.clipboard.writeText(element('code-text').textContent ?? ''));
    on('save', async () => {
      for (const { name, bytes } of await this.lanes[0].client.save()) download(name, bytes);
    });
    on('samples-csv', async () => {
      const draws = await this.lanes[0].client.sample(5000);
      const lines = Array.from({ length: draws.length / 2 }, (_, i) => `${draws[2 * i]},${draws[2 * i + 1]}`);
      download('samples.csv', ['x,y', ...lines].join('\n'));
    });
    on('plane-png', () => {
      this.lanes[0].root.querySelector('canvas')!.toBlob((blob) => blob && download('density.png', blob));
    });
    on('chart-svg', async () => {
      const [, text] = (await this.#chart.image('svg')).split(',');
      download('loss.svg', decodeURIComponent(text));
    });
    element<HTMLInputElement>('seed').onchange = (event) => this.change({ seed: (event.target as HTMLInputElement).value || '1' }); // prettier-ignore
    element<HTMLInputElement>('steps').onchange = (event) => this.change({ steps: Math.max(1, Math.round(Number((event.target as HTMLInputElement).value) || 1)) }); // prettier-ignore
    element<HTMLSelectElement>('backend').onchange = (event) => this.change({ backend: ((event.target as HTMLSelectElement).value || null) as Backend | null }); // prettier-ignore
    const load = element<HTMLInputElement>('load');
    load.onchange = async () => {
      const read = async (file: File) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
      this.restart(await Promise.all(Array.from(load.files ?? [], read)));
      load.value = '';
    };
    addEventListener('keydown', (event) => {
      if (element('plane').hidden) return;
      if (event.ctrlKey || event.metaKey || event.altKey || (event.target as HTMLElement).closest('input, select, button, summary')) return; // prettier-ignore
      const act = { ' ': () => this.togglePlay(), s: () => this.stepOnce(), r: () => this.restart() }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }
}
