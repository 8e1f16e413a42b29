import { FlowConfigError, FlowShapeError } from '../../errors.js';
import { formatShape, sizeOf } from '../../shapes.js';

/** Options of {@link imageGrid}. */
export interface ImageGridOptions {
  /** `[n, height, width, channels]`, as a tensor of images has it; 1 channel is grey, 3 are red, green and blue. */
  readonly shape: readonly number[];
  /** Bits of a pixel value: 2^bits − 1 is white. Default: 8. */
  readonly bits?: number;
  /** Images beside each other. Default: about as many as below each other. */
  readonly columns?: number;
  /** Side of the square that becomes of each pixel. Default: 1. */
  readonly scale?: number;
  /** Width of the lines between images, in pixels of the picture, grey. Default: 2. */
  readonly gap?: number;
  /** Whether to give four channels, opaque, as a canvas wants them. Default: false. */
  readonly rgba?: boolean;
}

/** A picture, row by row from the top, channels last. */
export interface Picture {
  /** Pixels of a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Bytes of a pixel: grey, colour, or colour with opacity. */
  readonly channels: 1 | 3 | 4;
  /** Pixels row by row, as `ImageData` and PNG encoders take them. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

const LINE = 96;

/**
 * Images laid out on a grid, as one picture: values are clamped to [0, 2^bits − 1] and scaled to [0, 255]. What PNG
 * encoders take; with `rgba`, what `new ImageData(data, width)` takes.
 *
 * @example
 * const draws = model.sample(64, { seed: 0, temperature: 0.7 });
 * writeFileSync('draws.png', encode(imageGrid(await draws.data(), { shape: draws.shape }))); // `encode` of fast-png
 *
 * @throws FlowShapeError for numbers that are not images of one or three channels.
 * @throws FlowConfigError for a count that is not a positive whole number.
 */
export function imageGrid(values: ArrayLike<number>, options: ImageGridOptions): Picture {
  const { shape, bits = 8, scale = 1, gap = 2, rgba = false } = options;
  const where = 'imageGrid';
  const [n, height, width, depth] = shape;
  if (shape.length !== 4 || n < 1 || (depth !== 1 && depth !== 3) || values.length !== sizeOf(shape)) {
    throw new FlowShapeError(where, {
      expected: 'images of shape [n, height, width, 1 or 3]',
      got: `${values.length} numbers as ${formatShape(shape)}`,
    });
  }
  const columns = options.columns ?? Math.ceil(Math.sqrt(n));
  for (const [name, count] of Object.entries({ bits, columns, scale, gap: gap + 1 })) {
    if (Number.isInteger(count) && count > 0) continue;
    throw new FlowConfigError(`${where}.${name}`, {
      expected: name === 'gap' ? 'zero or a whole number' : 'a positive whole number',
      got: String(name === 'gap' ? gap : count),
    });
  }
  const [across, down] = [Math.min(columns, n), Math.ceil(n / columns)];
  const [stepX, stepY] = [width * scale + gap, height * scale + gap];
  const channels = rgba ? 4 : depth;
  const picture = { width: across * stepX - gap, height: down * stepY - gap, channels } as const;
  const data = new Uint8ClampedArray(picture.width * picture.height * channels).fill(LINE);
  if (rgba) for (let at = 3; at < data.length; at += 4) data[at] = 255;
  const factor = 255 / (2 ** bits - 1);
  for (let i = 0; i < n; i++) {
    const [left, top] = [(i % columns) * stepX, Math.floor(i / columns) * stepY];
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < width * scale; x++) {
        const from = ((i * height + Math.floor(y / scale)) * width + Math.floor(x / scale)) * depth;
        const to = ((top + y) * picture.width + left + x) * channels;
        for (let c = 0; c < Math.min(channels, 3); c++) data[to + c] = factor * values[from + (depth === 1 ? 0 : c)];
      }
    }
  }
  return { ...picture, data };
}
