import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { nextAlong } from '../numerics/lattice.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy, type Invariances } from './energy.js';

/** Options of {@link ScalarFieldLattice}. */
export interface ScalarFieldLatticeOptions {
  /** Lengths of the periodic lattice, each at least 2. Default: `[8, 8]`. */
  readonly shape?: Shape;
  /** Of `φ²`; negative in the broken phase of the classical theory. Default: -4. */
  readonly massSquared?: number;
  /** Of `φ⁴`, positive. Default: 8. */
  readonly lambda?: number;
}

/**
 * The action of a real scalar field with a quartic interaction on a periodic lattice,
 * `S = Σ_n [m² φ_n² + λ φ_n⁴ + Σ_μ (φ_n - φ_{n+μ})²]`; an event is one field. The default is the benchmark of flow-based
 * lattice sampling (Albergo et al., "Introduction to normalizing flows for lattice field theory", 2021).
 */
export class ScalarFieldLattice extends Energy {
  static override readonly className = 'ScalarFieldLattice';
  static override readonly samples = [
    () => new ScalarFieldLattice({ shape: [4, 3] }),
    () => new ScalarFieldLattice({ shape: [2, 3, 2], massSquared: 0.5, lambda: 0.3 }),
  ];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances = { reflections: true };
  readonly #config: Required<ScalarFieldLatticeOptions>;

  /** @throws FlowConfigError for a lattice without axes, a length below 2, or `lambda` that is not positive. */
  constructor({ shape = [8, 8], massSquared = -4, lambda = 8 }: ScalarFieldLatticeOptions = {}) {
    super();
    if (!Array.isArray(shape) || shape.length === 0) {
      throw new FlowConfigError('ScalarFieldLattice.shape', { expected: 'lengths of a lattice', got: String(shape) });
    }
    shape.forEach((length: number, axis) => checkInteger(`ScalarFieldLattice.shape[${axis}]`, length, 2));
    checkConstants('ScalarFieldLattice', { massSquared });
    checkConstants('ScalarFieldLattice', { lambda }, 'positive');
    this.eventShape = shape as Shape;
    this.#config = { shape: shape as Shape, massSquared, lambda };
  }

  protected override evaluate(phi: Tensor): Tensor {
    const { massSquared, lambda } = this.#config;
    const axes = this.eventShape.map((_, axis) => axis + 1);
    const squares = tf.square(phi);
    const local = tf.mul(squares, tf.add(massSquared, tf.mul(lambda, squares)));
    const steps = axes.map((axis) => tf.square(tf.sub(phi, nextAlong(phi, axis))));
    return tf.sum(tf.addN([local, ...steps]), axes);
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}
