import { encode } from 'fast-png';
import { colourAt, type Colour, type Scale } from '../continuous/colours.js';

/** Part of the plane that a panel shows. */
export interface Window {
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
}

const SIZE = 300;
const GAP = 10;
const GROUND: Colour = [13, 12, 29];
/** Deviation in pixels of the spot that a point makes. */
const SPOT = 0.9;

/** A square picture of a part of the plane, on which light adds up. */
export class Panel {
  /** Pixels along an edge. */
  readonly side = SIZE;
  readonly window: Window;
  readonly pixels = new Float64Array(3 * SIZE * SIZE);

  constructor(window: Window) {
    this.window = window;
  }

  /** Centres of all pixels, `[SIZE², 2]`, row by row from the top. */
  get centres(): Float32Array {
    const { x, y } = this.window;
    const at = ([low, high]: readonly [number, number], pixel: number) => low + ((pixel + 0.5) / SIZE) * (high - low);
    return Float32Array.from({ length: 2 * SIZE * SIZE }, (_, i) =>
      i % 2 === 0 ? at(x, (i >> 1) % SIZE) : at(y, SIZE - 1 - Math.floor((i >> 1) / SIZE)),
    );
  }

  /** Colours a value at each centre. The brightest is that which three pixels in a thousand exceed; a small power keeps thin places visible. */
  heat(values: ArrayLike<number>, scale: Scale, power = 0.5): this {
    const top = Float64Array.from(values).sort()[Math.floor(0.997 * (values.length - 1))];
    for (let i = 0; i < SIZE * SIZE; i++) {
      const colour = colourAt(scale, Math.min(values[i] / top, 1) ** power);
      for (let c = 0; c < 3; c++) this.pixels[3 * i + c] += colour[c] - GROUND[c];
    }
    return this;
  }

  /** A spot of light at each of the points `x, y, x, y, ...`. */
  points(places: ArrayLike<number>, colour: Colour, strength = 0.8): this {
    const { x, y } = this.window;
    for (let i = 0; i < places.length; i += 2) {
      const column = ((places[i] - x[0]) / (x[1] - x[0])) * SIZE - 0.5;
      const row = ((y[1] - places[i + 1]) / (y[1] - y[0])) * SIZE - 0.5;
      for (let r = Math.ceil(row - 3); r <= row + 3; r++) {
        for (let c = Math.ceil(column - 3); c <= column + 3; c++) {
          if (r < 0 || c < 0 || r >= SIZE || c >= SIZE) continue;
          const light = strength * Math.exp(-((r - row) ** 2 + (c - column) ** 2) / (2 * SPOT ** 2));
          for (let k = 0; k < 3; k++) this.pixels[3 * (r * SIZE + c) + k] += light * (colour[k] - GROUND[k]);
        }
      }
    }
    return this;
  }
}

/** Panels beside each other, as a PNG file. */
export function besideEachOther(panels: readonly Panel[]): Uint8Array {
  const width = panels.length * (SIZE + GAP) - GAP;
  const data = new Uint8Array(4 * width * SIZE);
  panels.forEach(({ pixels }, panel) => {
    for (let i = 0; i < SIZE * SIZE; i++) {
      const at = 4 * (Math.floor(i / SIZE) * width + panel * (SIZE + GAP) + (i % SIZE));
      for (let c = 0; c < 3; c++) data[at + c] = Math.min(GROUND[c] + pixels[3 * i + c], 255);
      data[at + 3] = 255;
    }
  });
  return encode({ width, height: SIZE, channels: 4, data });
}
