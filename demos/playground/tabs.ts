import type { App } from './app.js';
import type { Backend } from './protocol.js';
import { element, make } from './ui/elements.js';

/** A part of the page beside the plane. */
export interface Tab {
  /** Is seen again, or for the first time. */
  show(backend: Backend | null): void;
  hide(): void;
  /** What of it a link carries. */
  readonly hash: Record<string, string>;
}

type Loader = (host: HTMLElement, hash: URLSearchParams) => Promise<Tab>;

const LOADERS: Readonly<Record<string, { readonly title: string; readonly load: Loader }>> = {
  rotations: {
    title: 'Rotations',
    load: async (host, hash) => new (await import('./rotations/page.js')).RotationsPage(host, hash),
  },
  digits: {
    title: 'Digits',
    load: async (host, hash) => new (await import('./digits/page.js')).DigitsPage(host, hash),
  },
};

/** The tabs of the page: the plane, and others, which are loaded when they are first asked for. */
export class Tabs {
  readonly #app: App;
  readonly #loaded = new Map<string, Promise<Tab>>();
  readonly #buttons = new Map<string, HTMLButtonElement>();
  #current = 'plane';

  constructor(app: App) {
    this.#app = app;
  }

  start(): void {
    const titles: [string, string][] = [['plane', 'Plane'], ...Object.entries(LOADERS).map(([id, { title }]): [string, string] => [id, title])]; // prettier-ignore
    for (const [id, title] of titles) {
      const button = make('button', { type: 'button', role: 'tab', id: `tab-${id}` }, title);
      button.setAttribute('aria-controls', id);
      button.onclick = () => void this.#open(id, new URLSearchParams());
      button.onkeydown = ({ key }) => this.#step(id, key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0);
      this.#buttons.set(id, button);
    }
    element('tabs').replaceChildren(...this.#buttons.values());
    addEventListener('hashchange', () => this.#follow());
    this.#follow(true);
  }

  /** Shows what the link asks for. */
  #follow(first = false): void {
    const hash = new URLSearchParams(location.hash.replace(/^#/, ''));
    const asked = hash.get('tab') ?? 'plane';
    const id = asked in LOADERS ? asked : 'plane';
    if (id === 'plane' && !first) this.#app.follow();
    void this.#open(id, hash);
  }

  #step(id: string, by: number): void {
    if (by === 0) return;
    const ids = [...this.#buttons.keys()];
    const next = ids[(ids.indexOf(id) + by + ids.length) % ids.length];
    this.#buttons.get(next)!.focus();
    void this.#open(next, new URLSearchParams());
  }

  async #open(id: string, hash: URLSearchParams): Promise<void> {
    const before = this.#current;
    this.#current = id;
    for (const [name, button] of this.#buttons) {
      button.setAttribute('aria-selected', String(name === id));
      button.tabIndex = name === id ? 0 : -1;
      element(name).hidden = name !== id;
    }
    if (before !== id) {
      if (before === 'plane') this.#app.hide();
      else (await this.#loaded.get(before))?.hide();
    }
    if (id === 'plane') {
      this.#app.show();
      return;
    }
    if (!this.#loaded.has(id)) this.#loaded.set(id, LOADERS[id].load(element(id), hash));
    const tab = await this.#loaded.get(id)!;
    if (this.#current !== id) return;
    history.replaceState(null, '', `#${new URLSearchParams({ tab: id, ...tab.hash }).toString()}`);
    tab.show(this.#app.settings.backend);
  }
}
