import { drawSheet } from '../draw/image-sheet.js';
import type { Backend } from '../protocol.js';
import type { Tab } from '../tabs.js';
import { make } from '../ui/elements.js';
import { FRAMES, GRID_SIDE, type DigitsCommand, type DigitsReport } from './protocol.js';
import { EXAMPLES_EACH, SIDE } from './shape.js';

const PIXELS = SIDE * SIDE;
/** Every so many frames of the way are on the strip. */
const STRIP_EVERY = 3;
const FIRST_ENDS = ['3a', '8a'] as const;
const NAMES = Array.from({ length: 10 * EXAMPLES_EACH }, (_, i) => `${Math.floor(i / EXAMPLES_EACH)}${'abcdefgh'[i % EXAMPLES_EACH]}`); // prettier-ignore
const TEMPERATURE = 0.7;

/** Draws of a trained flow of handwritten digits, and ways through its latent space. */
export class DigitsPage implements Tab {
  readonly #message = make('p', { className: 'message', role: 'status' }, 'The model is on its way …');
  readonly #engine = make('output', { className: 'engine' });
  readonly #temperature = make('input', {
    type: 'range',
    min: '0.2',
    max: '1',
    step: '0.05',
    ariaLabel: 'Temperature',
  });
  readonly #warmth = make('output', {});
  readonly #drawn = make('canvas', { ariaLabel: 'Digits drawn from the flow', role: 'img', className: 'sheet' });
  readonly #strip = make('canvas', { ariaLabel: 'Between the two digits: by the flow above, by pixels below', role: 'img', className: 'sheet' }); // prettier-ignore
  readonly #frame = make('canvas', { ariaLabel: 'One of them', role: 'img', className: 'sheet' });
  readonly #slider = make('input', { type: 'range', min: '0', max: String(FRAMES - 1), step: '1', ariaLabel: 'From one digit to the other' }); // prettier-ignore
  readonly #bits = make('p', { className: 'figures' });
  readonly #thumbnails: HTMLButtonElement[];
  #ends: [string, string];
  #next: 0 | 1 = 0;
  #seed = 1;
  #worker: Worker | null = null;
  #examples = new Uint8Array(0);
  #draws: Uint8ClampedArray | null = null;
  #way: Uint8ClampedArray | null = null;
  #busy = false;
  #again = false;

  constructor(host: HTMLElement, hash: URLSearchParams) {
    const named = (name: string, otherwise: string) => NAMES.find((one) => one === hash.get(name)) ?? otherwise;
    this.#ends = [named('from', FIRST_ENDS[0]), named('to', FIRST_ENDS[1])];
    this.#seed = Math.max(1, Math.round(Number(hash.get('seed')) || 1));
    this.#temperature.value = String(Number(hash.get('temperature')) || TEMPERATURE);
    this.#slider.value = String((FRAMES - 1) / 2);
    const draw = make('button', { type: 'button', className: 'primary' }, 'Draw');
    draw.onclick = () => {
      this.#seed++;
      this.#draw();
    };
    this.#temperature.oninput = () => this.#draw();
    this.#slider.oninput = () => this.#showFrame();
    this.#thumbnails = NAMES.map((name) => {
      const button = make('button', { type: 'button', title: `A ${name[0]}` }, make('canvas', { className: 'sheet' }));
      button.setAttribute('aria-label', `A ${name[0]}`);
      button.onclick = () => this.#choose(name);
      return button;
    });
    const caption = (title: string, text: string) => make('figcaption', {}, make('b', {}, title), ` ${text}`);
    host.replaceChildren(
      make('p', { className: 'formula' }, make('code', {}, 'x = f(z),  z ~ N(0, T²)'), ' A small Glow has seen 6,510 handwritten digits of 16 × 16 pixels. Every digit is a point z of its latent space, and every point is a picture.'), // prettier-ignore
      make('div', { className: 'run' }, draw, make('label', {}, 'temperature T ', this.#temperature, ' ', this.#warmth), this.#engine), // prettier-ignore
      this.#message,
      make(
        'div',
        { className: 'planes digits' },
        make('figure', {}, this.#drawn, caption('Draws', 'Of the flow. Below T = 1 noise is drawn closer to the centre: cleaner digits, of less variety.')), // prettier-ignore
        make(
          'figure',
          {},
          make('div', { className: 'thumbnails', role: 'group', ariaLabel: 'Two digits' }, ...this.#thumbnails),
          caption('Ends', 'Digits that it has not seen. Choose two: a click sets the one, the next click the other.'),
          this.#bits,
        ),
        make(
          'figure',
          {},
          this.#frame,
          make('div', { className: 'slide' }, this.#slider),
          this.#strip,
          caption('Between', 'Above, images of the points between f⁻¹ of both; below, both blended pixel by pixel.'),
        ),
      ),
    );
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redraw());
  }

  show(backend: Backend | null): void {
    if (this.#worker) return;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<DigitsReport>) => this.#receive(data);
    this.#worker.onerror = (event) => this.#tell(event.message || 'The worker could not be loaded.');
    const folder = new URL('digits', document.baseURI).href;
    this.#send({ type: 'open', backend, url: folder });
    this.#draw();
    fetch(`${folder}/examples.bin`)
      .then((answer) => answer.arrayBuffer())
      .then((bytes) => {
        this.#examples = new Uint8Array(bytes);
        this.#drawThumbnails();
        this.#ask();
      })
      .catch((error: Error) => this.#tell(`The digits could not be loaded: ${error.message}`));
  }

  hide(): void {
    // Nothing runs by itself.
  }

  get hash(): Record<string, string> {
    return { from: this.#ends[0], to: this.#ends[1], seed: String(this.#seed), temperature: this.#temperature.value };
  }

  #send(command: DigitsCommand): void {
    this.#worker!.postMessage(command);
  }

  #keepLink(): void {
    history.replaceState(null, '', `#${new URLSearchParams({ tab: 'digits', ...this.hash }).toString()}`);
  }

  /** Draws, once more when it is asked for meanwhile. */
  #draw(): void {
    this.#warmth.textContent = Number(this.#temperature.value).toFixed(2);
    this.#again = this.#busy;
    if (this.#busy) return;
    this.#busy = true;
    this.#send({ type: 'draw', seed: String(this.#seed), temperature: Number(this.#temperature.value) });
    this.#keepLink();
  }

  #choose(name: string): void {
    this.#ends[this.#next] = name;
    this.#next = this.#next === 0 ? 1 : 0;
    this.#ask();
  }

  #ask(): void {
    for (const [i, name] of NAMES.entries())
      this.#thumbnails[i].setAttribute('aria-pressed', String(this.#ends.includes(name)));
    const ends = new Uint8Array(2 * PIXELS);
    this.#ends.forEach((name, i) => ends.set(this.#example(name), i * PIXELS));
    this.#send({ type: 'way', ends });
    this.#keepLink();
  }

  #example(name: string): Uint8Array {
    const at = NAMES.indexOf(name) * PIXELS;
    return this.#examples.subarray(at, at + PIXELS);
  }

  #receive(report: DigitsReport): void {
    switch (report.type) {
      case 'opened':
        this.#tell(null);
        this.#engine.textContent = `${report.parameters.toLocaleString('en')} parameters, runs on ${report.backend}`;
        return;
      case 'drawn':
        this.#draws = report.pixels;
        this.#busy = false;
        if (this.#again) this.#draw();
        return this.#redraw();
      case 'way': {
        this.#way = report.pixels;
        const figure = (name: string, bits: number) => make('span', {}, `the ${name[0]} has `, make('b', {}, `${bits.toFixed(2)} bits`), ' a pixel'); // prettier-ignore
        this.#bits.replaceChildren(...report.bits.map((bits, i) => figure(this.#ends[i], bits)));
        return this.#redraw();
      }
      case 'problem':
        this.#busy = false;
        return this.#tell(report.message);
    }
  }

  #tell(message: string | null): void {
    this.#message.hidden = message === null;
    this.#message.textContent = message;
  }

  #redraw(): void {
    if (this.#draws) drawSheet(this.#drawn, this.#draws, SIDE, GRID_SIDE);
    this.#drawThumbnails();
    if (!this.#way) return;
    const shown = Array.from({ length: Math.ceil(FRAMES / STRIP_EVERY) }, (_, i) => i * STRIP_EVERY);
    const rows = new Uint8ClampedArray(2 * shown.length * PIXELS);
    shown.forEach((frame, i) => {
      rows.set(this.#way!.subarray(frame * PIXELS, (frame + 1) * PIXELS), i * PIXELS);
      rows.set(this.#blended(frame), (shown.length + i) * PIXELS);
    });
    drawSheet(this.#strip, rows, SIDE, shown.length);
    this.#showFrame();
  }

  #showFrame(): void {
    if (!this.#way) return;
    const frame = Number(this.#slider.value);
    const pair = new Uint8ClampedArray(2 * PIXELS);
    pair.set(this.#way.subarray(frame * PIXELS, (frame + 1) * PIXELS));
    pair.set(this.#blended(frame), PIXELS);
    drawSheet(this.#frame, pair, SIDE, 2);
  }

  #blended(frame: number): Uint8ClampedArray {
    const t = frame / (FRAMES - 1);
    const [from, to] = this.#ends.map((name) => this.#example(name));
    return Uint8ClampedArray.from(from, (value, i) => (1 - t) * value + t * to[i]);
  }

  #drawThumbnails(): void {
    if (this.#examples.length === 0) return;
    for (const [i, name] of NAMES.entries()) {
      drawSheet(this.#thumbnails[i].querySelector('canvas')!, Uint8ClampedArray.from(this.#example(name)), SIDE, 1);
    }
  }
}
