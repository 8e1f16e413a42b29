/** Lets through while it is open; closed, it lets one through at a time, on demand. */
export class Gate {
  #isOpen: boolean;
  #waiting: (() => void) | null = null;

  constructor(isOpen: boolean) {
    this.#isOpen = isOpen;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    this.#isOpen = true;
    this.passOne();
  }

  close(): void {
    this.#isOpen = false;
  }

  passOne(): void {
    this.#waiting?.();
    this.#waiting = null;
  }

  /** Resolves when the caller may go on. */
  async passed(): Promise<void> {
    if (this.#isOpen) return;
    await new Promise<void>((resolve) => (this.#waiting = resolve));
  }
}
