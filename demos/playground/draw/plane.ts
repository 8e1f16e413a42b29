import type { Bounds } from '../protocol.js';

/** A canvas that shows a part of the plane, sharp on every screen. */
export class Plane {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  bounds: Bounds;
  width = 0;
  height = 0;
  #asked = false;

  /** @param draw draws everything; it is called once a frame at most, when asked for or when the size changes */
  constructor(canvas: HTMLCanvasElement, bounds: Bounds, draw: (plane: Plane) => void) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d')!;
    this.bounds = bounds;
    this.#draw = () => {
      this.#asked = false;
      if (this.width === 0) return;
      this.context.clearRect(0, 0, this.width, this.height);
      draw(this);
    };
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  readonly #draw: () => void;

  /** Asks to be drawn with the next frame. */
  redraw(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(this.#draw);
  }

  x(x: number): number {
    return ((x - this.bounds.x0) / (this.bounds.x1 - this.bounds.x0)) * this.width;
  }

  y(y: number): number {
    return (1 - (y - this.bounds.y0) / (this.bounds.y1 - this.bounds.y0)) * this.height;
  }

  /** Where in the plane a pointer is. */
  pointAt(event: { readonly offsetX: number; readonly offsetY: number }): [number, number] {
    const { x0, x1, y0, y1 } = this.bounds;
    return [x0 + (event.offsetX / this.width) * (x1 - x0), y1 - (event.offsetY / this.height) * (y1 - y0)];
  }

  #resize(): void {
    const ratio = devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.redraw();
  }
}
