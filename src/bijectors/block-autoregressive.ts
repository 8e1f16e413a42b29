import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { Dense } from '../conditioners/dense.js';
import { checkInteger, checkWidths, contextSizeOf } from '../conditioners/check.js';
import { flatContext } from '../conditioners/flat-context.js';
import { FlowConfigError } from '../errors.js';
import { dense } from '../kernels/dense/op.js';
import { logMatMulExp, logSumExp } from '../kernels/log-sum-exp/op.js';
import { sumLogDets } from '../kernels/sum-log-dets/op.js';
import type { Config } from '../module.js';
import {
  checkInversion,
  invertMonotone,
  type Curve,
  type CurvePoint,
  type InversionOptions,
} from '../numerics/invert-monotone.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { BlockTriangularLayer, type BlockWeights } from './block-triangular-layer.js';

/** Options of {@link BlockAutoregressive}. */
export interface BlockAutoregressiveOptions extends InversionOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Units of each hidden layer for each coordinate. Default: [8]. */
  readonly hidden?: readonly number[];
  /**
   * `gated` (default): `zᵢ = gᵢ xᵢ + (1 - gᵢ) fᵢ(x)` with trained `gᵢ` between 0 and 1, so that every `z` is reached. `none`:
   * the network alone, which takes a bounded range of values: `forward` throws for a `z` outside.
   */
  readonly residual?: 'gated' | 'none';
  /** Shape of one context, for a conditional map. Default: none. */
  readonly contextShape?: Shape | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Block neural autoregressive flow: one network in place of a conditioner and its scalar maps; data → base. Units belong
 * to coordinates; the weights within a coordinate's blocks are positive, those from earlier coordinates free, and tanh
 * stands between layers, so that `zᵢ` depends on `x₁ … xᵢ` and increases in `xᵢ`: `log |det dz/dx| = Σᵢ log ∂zᵢ/∂xᵢ`.
 *
 * The diagonal of the Jacobian is the product of the diagonal blocks, and of the slopes of tanh, taken in logarithms.
 * `forward` finds one coordinate after the other numerically, each at the cost of its own blocks, with the derivatives of the
 * implicit function.
 *
 * Source: De Cao, Titov, Aziz, "Block neural autoregressive flow", 2019, section 3.
 *
 * @cost forward: numeric (one search a coordinate); inverse: one pass
 */
export class BlockAutoregressive extends Bijector {
  static override readonly className = 'BlockAutoregressive';
  static override readonly samples = [
    () => new BlockAutoregressive({ dims: 2, hidden: [3], seed: 1 }),
    () => new BlockAutoregressive({ dims: 3, hidden: [3, 2], contextShape: [2], seed: 2 }),
    () => new BlockAutoregressive({ dims: 1, hidden: [3], seed: 3 }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  readonly #layers: readonly BlockTriangularLayer[];
  readonly #contextLayer: Dense | null;
  readonly #gate: Variable | null;
  readonly #inversion: InversionOptions;
  readonly #config: Config;

  /** @throws FlowConfigError for sizes that are no positive integers, an unknown residual, or a bad tolerance. */
  constructor(options: BlockAutoregressiveOptions) {
    super();
    const { dims, hidden = [8], residual = 'gated', contextShape = null, seed = 0, ...inversion } = options;
    checkInteger('BlockAutoregressive.dims', dims);
    checkWidths('BlockAutoregressive.hidden', hidden);
    if (hidden.length === 0) {
      throw new FlowConfigError('BlockAutoregressive.hidden', { expected: 'at least one layer width', got: 'none' });
    }
    if (residual !== 'gated' && residual !== 'none') {
      const got = `'${String(residual)}'`;
      throw new FlowConfigError('BlockAutoregressive', { expected: "residual: 'gated' or 'none'", got });
    }
    checkInversion('BlockAutoregressive', inversion);
    const contextSize = contextSizeOf('BlockAutoregressive.contextShape', contextShape);
    const stream = RandomStream.from(seed);
    const widths = [1, ...hidden, 1];
    this.#layers = widths.slice(1).map((outputs, i) => {
      const options = { dims, inputs: widths[i], outputs, stream: stream.split(`layer${i}`) };
      return this.child(`layer${i}`, new BlockTriangularLayer(options));
    });
    this.#contextLayer =
      contextSize > 0
        ? this.child('context', new Dense({ inputs: contextSize, outputs: dims * hidden[0], seed: stream.split('context') })) // prettier-ignore
        : null;
    this.#gate = residual === 'gated' ? this.weight('gate', [dims], new Float32Array(dims)) : null;
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.contextShape = contextShape;
    this.#inversion = inversion;
    this.#config = { dims, hidden, residual, contextShape, seed: stream.key, ...inversion };
  }

  protected override mapInverse(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const [batch, dims] = x.shape;
    const conditions = this.#contextLayer && context ? this.#contextLayer.apply(flatContext(context)) : null;
    let h = x;
    let logSlopes: Tensor | null = null;
    this.#layers.forEach((layer, l) => {
      const { kernel, logDiagonal, bias } = layer.weights();
      const own = dense(h, kernel, bias);
      h = l === 0 && conditions ? tf.add(own, conditions) : own;
      logSlopes = logSlopes ? logMatMulExp(logSlopes, logDiagonal) : logDiagonal;
      if (l === this.#layers.length - 1) return;
      const blocks = tf.transpose(tf.reshape(h, [batch, dims, layer.outputs]), [1, 0, 2]);
      logSlopes = tf.add(logSlopes, logTanhSlope(blocks));
      h = tf.tanh(h);
    });
    const logSlope = tf.transpose(tf.reshape(logSlopes!, [dims, batch]));
    const [z, logDets] = this.#gate ? gated(this.#gate, x, h, logSlope) : [h, logSlope];
    return [z, sumLogDets(logDets)];
  }

  protected override mapForward(z: Tensor, context: Tensor | null): ValueAndLogDet {
    const [batch, dims] = z.shape;
    const weights = this.#layers.map((layer) => layer.weights());
    const conditions = this.#contextLayer && context ? this.#contextLayer.apply(flatContext(context)) : null;
    /** What goes into each layer, from the coordinates known so far. */
    const known: (Tensor | null)[] = this.#layers.map(() => null);
    const columns: Tensor[] = [];
    const logSlopes: Tensor[] = [];
    for (let i = 0; i < dims; i++) {
      const blocks = weights.map((layer, l) => this.#blockOf(i, layer, l, known[l], l === 0 ? conditions : null));
      const gate = this.#gate && tf.slice(this.#gate, [i], [1]);
      const curve: Curve = (x) => through(blocks, gate, x).point;
      const target = tf.reshape(tf.slice(z, [0, i], [batch, 1]), [batch]);
      const where = `${this.className}.forward, coordinate ${i}`;
      const { value, logSlope } = invertMonotone(where, curve, target, this.#inversion);
      columns.push(tf.expandDims(value, 1));
      logSlopes.push(logSlope);
      if (i === dims - 1) break;
      through(blocks, gate, value).inputs.forEach((input, l) => {
        const before = known[l];
        known[l] = before ? tf.concat([before, input], 1) : input;
      });
    }
    return [tf.concat(columns, 1), tf.neg(tf.addN(logSlopes))];
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** What one coordinate needs of a layer, once those before it are known. */
  #blockOf(
    i: number,
    { kernel, logDiagonal, bias }: BlockWeights,
    l: number,
    known: Tensor | null,
    conditions: Tensor | null,
  ): Block {
    const { inputs, outputs } = this.#layers[l];
    const at = i * outputs;
    let offset: Tensor = tf.slice(bias, [at], [outputs]);
    if (known) offset = tf.add(offset, tf.matMul(known, tf.slice(kernel, [0, at], [i * inputs, outputs])));
    if (conditions) offset = tf.add(offset, tf.slice(conditions, [0, at], [-1, outputs]));
    return { offset, logWeights: tf.reshape(tf.slice(logDiagonal, [i, 0, 0], [1, -1, -1]), [inputs, outputs]) };
  }
}

/** The part of a layer that belongs to one coordinate. */
interface Block {
  /** Logarithms of its weights, `[inputs, outputs]`. */
  readonly logWeights: Tensor;
  /** What earlier coordinates, context and bias add, `[batch, outputs]` or `[outputs]`. */
  readonly offset: Tensor;
}

/** One coordinate, `[batch]`, through its own blocks: its image, and what went into each layer, `[batch, inputs]`. */
function through(blocks: readonly Block[], gate: Tensor | null, x: Tensor): { point: CurvePoint; inputs: Tensor[] } {
  const start = tf.expandDims(x, 1);
  const inputs: Tensor[] = [];
  let h = start;
  let logSlopes: Tensor | null = null;
  blocks.forEach(({ logWeights, offset }, l) => {
    inputs.push(h);
    h = tf.add(tf.matMul(h, tf.exp(logWeights)), offset);
    logSlopes = logSlopes ? logMatMulExp(logSlopes, logWeights) : logWeights;
    if (l === blocks.length - 1) return;
    logSlopes = tf.add(logSlopes, logTanhSlope(h));
    h = tf.tanh(h);
  });
  const [value, logSlope] = gate ? gated(gate, start, h, logSlopes!) : [h, logSlopes!];
  return { point: { value: tf.reshape(value, [-1]), logSlope: tf.reshape(logSlope, [-1]) }, inputs };
}

/** `g x + (1 - g) f` with `g = σ(gate)`, and the logarithm of its slope from that of `f`; `[batch, n]` each. */
function gated(gate: Tensor, x: Tensor, f: Tensor, logSlope: Tensor): [value: Tensor, logSlope: Tensor] {
  const [logOpen, logShut] = [gate, tf.neg(gate)].map((side) => tf.neg(tf.softplus(tf.neg(side))));
  const value = tf.add(tf.mul(x, tf.exp(logOpen)), tf.mul(f, tf.exp(logShut)));
  const through = tf.add(logSlope, logShut);
  const straight = tf.add(tf.zerosLike(through), logOpen);
  return [value, tf.squeeze(logSumExp(tf.stack([straight, through], -1)), [-1])];
}

/** `log tanh′(x) = -2 (x - log 2 + softplus(-2x))`. */
function logTanhSlope(x: Tensor): Tensor {
  return tf.mul(tf.add(tf.sub(x, Math.LN2), tf.softplus(tf.mul(x, -2))), -2);
}
