import { GRID } from '../protocol.js';
import { colourTable } from './colour-maps.js';
import type { Plane } from './plane.js';

/** Densities as colours, on a canvas of one pixel a cell that the browser smooths. */
export class HeatMap {
  readonly #cells = new OffscreenCanvas(GRID, GRID);
  readonly #context = this.#cells.getContext('2d')!;
  readonly #image = new ImageData(GRID, GRID);
  #peak = 0;

  /** @param logDensity `[GRID][GRID]`, rows from the bottom */
  draw(plane: Plane, logDensity: Float32Array, dark: boolean): void {
    let highest = 0;
    for (const value of logDensity) if (value < 50) highest = Math.max(highest, Math.exp(value));
    // The scale follows slowly, so that the picture does not flicker.
    this.#peak = this.#peak > 0 ? this.#peak + 0.3 * (highest - this.#peak) : highest;
    const table = colourTable('viridis');
    const { data } = this.#image;
    for (let row = 0; row < GRID; row++) {
      for (let column = 0; column < GRID; column++) {
        const value = Math.min(1, Math.exp(logDensity[row * GRID + column]) / (this.#peak || 1)) ** 0.6;
        const shade = Math.round(255 * (dark ? value : 1 - value));
        const at = 4 * ((GRID - 1 - row) * GRID + column);
        data.set(table.subarray(3 * shade, 3 * shade + 3), at);
        data[at + 3] = Number.isNaN(value) ? 0 : 255 * Math.min(1, value / 0.25) ** 0.8;
      }
    }
    this.#context.putImageData(this.#image, 0, 0);
    plane.context.imageSmoothingEnabled = true;
    plane.context.imageSmoothingQuality = 'high';
    plane.context.drawImage(this.#cells, 0, 0, plane.width, plane.height);
  }
}
