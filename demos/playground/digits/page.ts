import type { Tab } from '../tabs.js';
export class DigitsPage implements Tab {
  constructor(_h: HTMLElement, _u: URLSearchParams) {}
  show(): void {}
  hide(): void {}
  get hash() {
    return {};
  }
}
