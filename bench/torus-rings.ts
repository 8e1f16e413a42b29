import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Energy, RandomStream, type Config } from 'tfjs-flows';

const WIDTH = 0.05;
const RINGS = [
  [1, 1],
  [0.8, 2],
  [0.6, 1.5],
  [0.4, 2.5],
] as const;

/**
 * Crossing rings on the torus, angles in radians: `p ∝ Σ wᵢ exp(-(r - cᵢ)² / (2 · 0.05²))`,
 * `r² = 2 + cos(X²/2) + cos(Y²/2)`. The periodic example of Köhler, Krämer, Noé, "Smooth normalizing flows", 2021. Its
 * force has a kink where the circles are cut.
 */
export class TorusRings extends Energy {
  static override readonly className = 'TorusRings';
  override readonly eventShape = [2];

  protected override evaluate(x: Tensor): Tensor {
    const radius = tf.sqrt(tf.sum(tf.add(tf.cos(tf.mul(tf.square(x), 0.5)), 1), 1));
    const terms = RINGS.map(([weight, at]) =>
      tf.add(tf.mul(tf.square(tf.sub(radius, at)), -0.5 / WIDTH ** 2), Math.log(weight)),
    );
    return tf.neg(tf.logSumExp(tf.stack(terms, 1), 1));
  }

  override getConfig(): Config {
    return {};
  }
}

/** The density without its constant, in doubles; at most 1. */
function weightAt(x: number, y: number): number {
  const radius = Math.sqrt(Math.cos((x * x) / 2) + Math.cos((y * y) / 2) + 2);
  return RINGS.reduce((sum, [weight, at]) => sum + weight * Math.exp(-((radius - at) ** 2) / (2 * WIDTH ** 2)), 0);
}

/** `n` independent draws by rejection, `[n, 2]` row by row. */
export function drawRings(n: number, seed: string): Float32Array {
  const stream = new RandomStream(seed);
  const rows: number[] = [];
  while (rows.length < 2 * n) {
    const u = stream.uniform(3 * n);
    for (let i = 0; i < u.length && rows.length < 2 * n; i += 3) {
      const [x, y] = [(2 * u[i] - 1) * Math.PI, (2 * u[i + 1] - 1) * Math.PI];
      if (u[i + 2] * 1.05 < weightAt(x, y)) rows.push(x, y);
    }
  }
  return Float32Array.from(rows);
}

/** `log ∫ exp(-u)` over the torus, by the midpoint rule. */
export function logNormaliser(cells = 2000): number {
  const side = (2 * Math.PI) / cells;
  let sum = 0;
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) sum += weightAt((i + 0.5) * side - Math.PI, (j + 0.5) * side - Math.PI);
  }
  return Math.log(sum * side * side);
}
