import { RandomStream } from '../../src/index.js';

/** Images, a kernel with a general corner, and weights of the results in a scalar loss. */
export interface PaddedProblem {
  /** `[batch, height, width, channels]` */
  readonly shape: [number, number, number, number];
  /** Height and width of the kernel. */
  readonly size: number;
  readonly y: number[];
  readonly kernel: number[];
  readonly weights: number[];
}

export const PADDED_PROBLEMS: readonly PaddedProblem[] = (
  [
    [2, 4, 3, 3, 3],
    [1, 5, 5, 4, 3],
    [5, 3, 4, 9, 2],
    [6, 2, 3, 12, 3],
    [1, 1, 1, 2, 3],
    [3, 1, 6, 2, 4],
    [2, 4, 4, 8, 1],
    [1, 8, 8, 3, 3],
  ] as const
).map(([batch, height, width, channels, size]) => {
  const shape: [number, number, number, number] = [batch, height, width, channels];
  const stream = new RandomStream(`padded ${shape.join()} ${size}`);
  const count = batch * height * width * channels;
  const kernel = Array.from(stream.normal(size * size * channels * channels), (u) => (0.4 * u) / (size * channels));
  // A corner that is far from triangular, but can be inverted.
  const corner = kernel.length - channels * channels;
  for (let c = 0; c < channels; c++) kernel[corner + c * channels + ((c + 1) % channels)] += 1 + 0.2 * c;
  const single = (values: ArrayLike<number>) => Array.from(Float32Array.from(values));
  return {
    shape,
    size,
    y: single(stream.normal(count)),
    kernel: single(kernel),
    weights: single(stream.normal(count)),
  };
});

/** `paddedConvolution` in float64, by its formula. */
export function convolveInFloat64(
  { shape, size }: PaddedProblem,
  x: ArrayLike<number>,
  kernel: ArrayLike<number>,
): Float64Array {
  const [batch, height, width, channels] = shape;
  const y = new Float64Array(x.length);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        for (let a = Math.max(0, size - 1 - i); a < size; a++) {
          for (let b = Math.max(0, size - 1 - j); b < size; b++) {
            const from = ((n * height + i - size + 1 + a) * width + j - size + 1 + b) * channels;
            for (let ci = 0; ci < channels; ci++) {
              for (let co = 0; co < channels; co++) {
                const weight = kernel[((a * size + b) * channels + ci) * channels + co];
                y[((n * height + i) * width + j) * channels + co] += x[from + ci] * weight;
              }
            }
          }
        }
      }
    }
  }
  return y;
}

/** The inverse of the corner, `[c, c]`, by Gauss-Jordan elimination. */
export function cornerInverse({ shape: [, , , c] }: PaddedProblem, kernel: ArrayLike<number>): number[] {
  const corner = kernel.length - c * c;
  const rows = Array.from({ length: c }, (_, i) => [
    ...Array.from({ length: c }, (__, j) => kernel[corner + i * c + j]),
    ...Array.from({ length: c }, (__, j) => (i === j ? 1 : 0)),
  ]);
  for (let k = 0; k < c; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    rows[k] = rows[k].map((value) => value / rows[k][k]);
    for (let i = 0; i < c; i++) {
      const factor = rows[i][k];
      if (i !== k) rows[i] = rows[i].map((value, j) => value - factor * rows[k][j]);
    }
  }
  return rows.flatMap((row) => row.slice(c));
}

/** The inverse in float64: pixel by pixel, what the convolution of all earlier ones leaves, times the inverse corner. */
export function invertInFloat64(p: PaddedProblem, y: ArrayLike<number>, kernel: ArrayLike<number>): Float64Array {
  const [batch, height, width, channels] = p.shape;
  const inverse = cornerInverse(p, kernel);
  const x = new Float64Array(y.length);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const known = convolveInFloat64(p, x, kernel);
    for (let n = 0; n < batch; n++) {
      const at = (n * height * width + pixel) * channels;
      for (let co = 0; co < channels; co++) {
        let sum = 0;
        for (let ci = 0; ci < channels; ci++) sum += (y[at + ci] - known[at + ci]) * inverse[ci * channels + co];
        x[at + co] = sum;
      }
    }
  }
  return x;
}

/** Derivatives of `Σ weights x(y, kernel)` at some entries, by central differences in float64. */
export function paddedDifferences(p: PaddedProblem, what: 'y' | 'kernel', entries: readonly number[]): number[] {
  const loss = (change: Partial<Record<'y' | 'kernel', number[]>>) => {
    const { y, kernel } = { ...p, ...change };
    return invertInFloat64(p, y, kernel).reduce((sum, x, i) => sum + x * p.weights[i], 0);
  };
  return entries.map((entry) => {
    const moved = (h: number) => loss({ [what]: p[what].map((value, i) => (i === entry ? value + h : value)) });
    return (moved(1e-5) - moved(-1e-5)) / 2e-5;
  });
}

/** Up to `count` entries of an array, spread over it, the last among them. */
export function someEntries(length: number, count: number): number[] {
  const step = Math.max(1, Math.floor(length / count));
  return Array.from({ length: Math.min(count, length) }, (_, i) => length - 1 - i * step);
}
