import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { Dense } from '../conditioners/dense.js';
import { flatContext } from '../conditioners/flat-context.js';
import { dense } from '../kernels/dense/op.js';
import { Module, type Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';

/** Options of {@link ResidualPotential}. */
export interface ResidualPotentialOptions {
  /** Entries of `s`. */
  readonly inputs: number;
  /** Width `m` of every layer. */
  readonly hidden: number;
  /** Number `M` of residual layers. */
  readonly layers: number;
  /** Entries of one flattened context; 0 for none. */
  readonly contextSize: number;
  readonly seed: Seed;
}

/** One affine layer: what is applied to rows, `x ↦ x kernel + bias`. */
interface Layer {
  readonly kernel: Variable;
  readonly bias: Variable;
}

/**
 * The neural part `wᵀ N(s)` of the potential of OT-Flow (Onken et al., 2021), with its derivatives in closed form.
 *
 *     u_0 = σ(q_0),                q_0 = K_0 s + b_0 (+ C c of a context c)
 *     u_i = u_{i-1} + h σ(q_i),    q_i = K_i u_{i-1} + b_i,    i = 1 … M,    h = 1/M,    N = u_M
 *
 * with `σ(x) = log(e^x + e^-x)`, so `σ′ = tanh` and `σ″ = 1 − tanh²`.
 *
 * Backward, `z_i = ∂(wᵀN)/∂u_i`: `z_M = w` and `z_{i-1} = z_i + h K_iᵀ (σ′(q_i) ∘ z_i)`; the gradient is
 * `K_0ᵀ (σ′(q_0) ∘ z_0)`. Forward, `Q_i = ∂q_i/∂x` for the coordinates `x` of space: `Q_0 = K_0` there, and
 * `Q_i = K_i V_{i-1}` with `V_i = ∂u_i/∂x`, `V_0 = σ′(q_0) ∘ Q_0`, `V_i = V_{i-1} + h σ′(q_i) ∘ Q_i`. Both meet in
 *
 *     tr ∂²(wᵀN)/∂x² = Σ_i h_i Σ_a σ″(q_i)_a (z_i)_a Σ_j (Q_i)²_aj,    h_0 = 1, h_i = h,
 *
 * since every second derivative enters through one `σ″`. For `M = 1` this is the formula of the paper, section 3.
 */
export class ResidualPotential extends Module {
  static override readonly className: string = 'ResidualPotential';

  readonly #width: number;
  readonly #opening: Layer;
  readonly #context: Dense | null;
  readonly #residual: readonly Layer[];
  readonly #output: Variable;
  readonly #config: Config;

  constructor({ inputs, hidden, layers, contextSize, seed }: ResidualPotentialOptions) {
    super();
    const stream = RandomStream.from(seed);
    const layer = (name: string, columns: number): Layer => {
      const range = 1 / Math.sqrt(columns);
      const uniform = (part: string, shape: number[], count: number) =>
        this.weight(`${name}.${part}`, shape, stream.split(`${name}.${part}`).uniform(count, -range, range));
      return {
        kernel: uniform('kernel', [columns, hidden], columns * hidden),
        bias: uniform('bias', [hidden], hidden),
      };
    };
    this.#width = hidden;
    this.#opening = layer('opening', inputs);
    this.#context =
      contextSize > 0
        ? this.child('context', new Dense({ inputs: contextSize, outputs: hidden, seed: stream.split('context') }))
        : null;
    this.#residual = Array.from({ length: layers }, (_, i) => layer(`residual${i}`, hidden));
    this.#output = this.weight('output', [hidden], new Float32Array(hidden).fill(1));
    this.#config = { inputs, hidden, layers, contextSize, seed: stream.key };
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** `wᵀ N(s)`. `s`: `[rows, inputs]`; result: `[rows]`. */
  value(s: Tensor, context: Tensor | null): Tensor {
    const opened = antiderivative(this.#open(s, context));
    const u = this.#residual.reduce((u, layer) => this.#step(u, antiderivative(affine(layer, u))), opened);
    return tf.sum(tf.mul(u, this.#output), 1);
  }

  /**
   * The gradient, `[rows, inputs]`, and the trace of the second derivatives by the first `dims` inputs, `[rows]`; null
   * when `dims` is 0.
   */
  differentiate(s: Tensor, context: Tensor | null, dims: number): [Tensor, Tensor | null] {
    const rows = s.shape[0];
    const q0 = this.#open(s, context);
    const slope0 = tf.tanh(q0);
    const inSpace = dims > 0 ? tf.slice(this.#opening.kernel, [0, 0], [dims, -1]) : null;

    // Forward. Directions come first in V and Q, [dims, rows, m]: factors that are alike for all of them repeat as a whole.
    let u = antiderivative(q0);
    let v = inSpace && tf.mul(tf.reshape(inSpace, [dims, 1, this.#width]), slope0);
    const slopes: Tensor[] = [];
    const spreads: Tensor[] = [];
    this.#residual.forEach((layer, i) => {
      const q = affine(layer, u);
      const slope = tf.tanh(q);
      slopes.push(slope);
      const goesOn = i + 1 < this.#residual.length;
      if (v) {
        const products = tf.matMul(tf.reshape(v, [dims * rows, this.#width]), layer.kernel);
        const along = tf.reshape(products, [dims, rows, this.#width]);
        spreads.push(tf.sum(tf.square(along), 0));
        if (goesOn) v = this.#step(v, tf.mul(along, slope));
      }
      if (goesOn) u = this.#step(u, antiderivative(q));
    });

    // Backward.
    let adjoint: Tensor = tf.reshape(this.#output, [1, this.#width]);
    let curvature: Tensor | null = null;
    for (let i = slopes.length - 1; i >= 0; i--) {
      if (v) {
        const bent = tf.mul(tf.mul(curve(slopes[i]), adjoint), spreads[i]);
        curvature = curvature ? tf.add(curvature, bent) : bent;
      }
      const back = tf.matMul(tf.mul(slopes[i], adjoint), this.#residual[i].kernel, false, true);
      adjoint = this.#step(adjoint, back);
    }
    const gradient = tf.matMul(tf.mul(slope0, adjoint), this.#opening.kernel, false, true);
    if (!inSpace || !curvature) return [gradient, null];
    const first = tf.mul(tf.mul(curve(slope0), adjoint), tf.sum(tf.square(inSpace), 0));
    return [gradient, tf.sum(this.#step(first, curvature), 1)];
  }

  /** `q_0`. */
  #open(s: Tensor, context: Tensor | null): Tensor {
    const q = affine(this.#opening, s);
    return context && this.#context ? tf.add(q, this.#context.apply(flatContext(context))) : q;
  }

  /** `a + h b`. */
  #step(a: Tensor, b: Tensor): Tensor {
    const count = this.#residual.length;
    return tf.add(a, count === 1 ? b : tf.mul(b, 1 / count));
  }
}

function affine({ kernel, bias }: Layer, x: Tensor): Tensor {
  return dense(x, kernel, bias);
}

/** `σ(x) = log(e^x + e^-x) = softplus(2x) − x`, the antiderivative of `tanh`. */
function antiderivative(x: Tensor): Tensor {
  return tf.sub(tf.softplus(tf.mul(x, 2)), x);
}

/** `σ″ = 1 − tanh²` from `σ′ = tanh`. */
function curve(slope: Tensor): Tensor {
  return tf.sub(1, tf.square(slope));
}
