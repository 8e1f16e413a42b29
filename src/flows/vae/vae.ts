import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Bijector } from '../../bijectors/bijector.js';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { checkShape } from '../../distributions/check.js';
import type { Distribution } from '../../distributions/distribution.js';
import type { LogProbOptions, SampleOptions } from '../../distributions/distribution.js';
import { Normal } from '../../distributions/normal.js';
import { standardNormalLogProb } from '../../distributions/standard-normal.js';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import type { Interval } from '../../interval.js';
import { stopGradient } from '../../kernels/stop-gradient/op.js';
import type { Config } from '../../module.js';
import { RandomStream } from '../../random.js';
import {
  alignContext,
  batchShapeOf,
  commonContextShape,
  flattenBatch,
  formatShape,
  restoreBatch,
  sameShape,
  sizeOf,
  type Shape,
} from '../../shapes.js';
import { Flow } from '../flow.js';
import { VariationalModel, type LogWeight } from '../variational-model.js';
import { Likelihood } from './likelihood.js';
import { boundedLogScale } from './log-scale.js';

/** Sizes of a network of a {@link VAE}; spreads into the options of `MLP` and its like. */
export interface NetworkRequest {
  /** Numbers that the network reads. */
  readonly inputs: number;
  /** Numbers that it emits. */
  readonly outputs: number;
}

/** Options of {@link VAE}. */
export interface VAEOptions {
  /** Shape of one datum. */
  readonly eventShape: Shape;
  /** Numbers of one code `z`. */
  readonly latent: number;
  /**
   * Reads a datum, flattened, and emits `2 · latent` numbers, means and log-deviations of the code, then the context of the
   * posterior flow, where it takes one: a network, or how to build it.
   */
  readonly encoder: Conditioner | ((request: NetworkRequest) => Conditioner);
  /** Reads a code and emits the parameters of the likelihood, likewise. */
  readonly decoder: Conditioner | ((request: NetworkRequest) => Conditioner);
  /** What the decoder's numbers mean. */
  readonly likelihood: Likelihood;
  /** A distribution of codes, such as a flow. Default: standard normal. */
  readonly prior?: Distribution | null;
  /**
   * Carries normal codes on, `forward`, to those that the decoder reads: a posterior as flexible as this map, a bijector or
   * that of a flow with a standard normal base. Takes no context, or one `[size]` that the encoder emits. What is fast
   * forward serves best: `iaf({ dims: latent, contextShape: [16], standardize: false })`, couplings, `LULinear`. Default: none.
   */
  readonly posteriorFlow?: Bijector | Flow | null;
}

/** Both terms of the evidence lower bound, `[rows]` each. */
export interface ElboTerms {
  /** `log p(x | z)` */
  readonly logLikelihood: Tensor;
  /** `KL(q(z | x) ‖ p(z))` where there is a formula, else `log q(z | x) − log p(z)` of the draw. */
  readonly divergence: Tensor;
}

/**
 * A variational auto-encoder: codes `z ~ p(z)`, data `x ~ p(x | z)` with parameters from a decoder, and a posterior that an
 * encoder gives for each datum, normal with a diagonal covariance, or such a normal carried on by a flow `f`:
 *
 * `log p(x) ≥ ⟨log p(x | z) + log p(z) − log q(z | x)⟩`, `z = f(z₀; c)`, `z₀ ~ N(m, σ²)`, `(m, log σ, c) = encoder(x)`,
 * `log q(z | x) = log N(z₀; m, σ²) − log |det ∂f/∂z₀|`.
 *
 * `logProb` is that bound, with `samples` draws the tighter one of importance weighting. Without a flow, and with a standard
 * normal prior, training takes the divergence by its formula, `½ Σ (m² + σ² − 1 − log σ²)`.
 *
 * Sources: Kingma and Welling, "Auto-encoding variational Bayes", 2014; Rezende and Mohamed, "Variational inference with
 * normalizing flows", 2015; Kingma et al., "Improved variational inference with inverse autoregressive flow", 2016.
 *
 * @example
 * const model = new VAE({
 *   eventShape: [784],
 *   latent: 16,
 *   encoder: (request) => new MLP({ ...request, hidden: [256] }),
 *   decoder: (request) => new MLP({ ...request, hidden: [256] }),
 *   likelihood: new BernoulliLikelihood(),
 * });
 * await fit(model, binaryImages);
 * const nats = model.logProb(test, { samples: 1000 });
 */
export class VAE extends VariationalModel {
  static override readonly className = 'VAE';

  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  override readonly support: Interval;
  override readonly discrete: boolean;
  override readonly exact = false;
  /** Numbers of one code. */
  readonly latent: number;
  /** Reads data, emits the posterior of their codes. */
  readonly encoder: Conditioner;
  /** Reads codes, emits the parameters of the likelihood. */
  readonly decoder: Conditioner;
  /** What these parameters mean. */
  readonly likelihood: Likelihood;
  /** The distribution of codes. */
  readonly prior: Distribution;
  /** What carries normal codes on, or null. */
  readonly posteriorFlow: Bijector | Flow | null;
  /** The map of the posterior flow. */
  readonly #carry: Bijector | null;
  /** Whether the divergence has a formula. */
  readonly #closed: boolean;

  /**
   * @throws FlowConfigError for sizes that are not positive integers, networks of other sizes, or no likelihood.
   * @throws FlowShapeError for a prior or a posterior flow of another shape.
   */
  constructor(options: VAEOptions) {
    super();
    const { eventShape, latent, encoder, decoder, likelihood, prior, posteriorFlow = null } = options;
    checkShape('VAE.eventShape', eventShape);
    checkShape('VAE.latent', [latent]);
    if (!((likelihood as unknown) instanceof Likelihood)) {
      const expected = 'a Likelihood, such as new BernoulliLikelihood()';
      throw new FlowConfigError('VAE.likelihood', { expected, got: String(likelihood) });
    }
    const dims = sizeOf(eventShape);
    this.eventShape = eventShape;
    this.latent = latent;
    this.prior = prior ?? Normal.standard([latent]);
    this.posteriorFlow = posteriorFlow;
    this.likelihood = likelihood;
    this.support = likelihood.support;
    this.discrete = likelihood.discrete;
    checkCodes('VAE.prior', this.prior.eventShape, latent);
    this.#carry = posteriorFlow && carryOf(posteriorFlow);
    const features = this.#carry ? checkPosterior(this.#carry, latent) : 0;
    this.encoder = sized('VAE.encoder', encoder, { inputs: dims, outputs: 2 * latent + features });
    this.decoder = sized('VAE.decoder', decoder, {
      inputs: latent,
      outputs: likelihood.parametersPerCoordinate * dims,
    });
    this.contextShape = commonContextShape('VAE', [this.encoder, this.decoder, this.prior]);
    for (const name of ['encoder', 'decoder', 'likelihood', 'prior'] as const) this.child(name, this[name]);
    if (posteriorFlow) this.child('posteriorFlow', posteriorFlow);
    this.#closed = !posteriorFlow && isStandardNormal(this.prior);
  }

  /** Standard normal numbers, `[rows, latent]`. */
  override drawNoise(rows: number, stream: RandomStream): Tensor {
    return stream.normalTensor([rows, this.latent]);
  }

  /**
   * Both terms of the bound for one draw of each code.
   *
   * @param x `[rows, ...eventShape]`
   * @param noise `[rows, latent]`, as {@link drawNoise} gives it
   */
  elboTerms(x: Tensor, noise: Tensor, context: Tensor | null = null): ElboTerms {
    return tf.tidy(() => {
      const { z, logScale, loc, logPosterior } = this.#infer(x, noise, context);
      const logLikelihood = this.#logLikelihood(x, z, context);
      if (!this.#closed) return { logLikelihood, divergence: tf.sub(logPosterior, this.#logPrior(z, context)) };
      const variance = tf.exp(tf.mul(logScale, 2));
      const each = tf.sub(tf.add(tf.square(loc), variance), tf.add(tf.mul(logScale, 2), 1));
      return { logLikelihood, divergence: tf.mul(tf.sum(each, 1), 0.5) };
    });
  }

  /**
   * One code for each datum, drawn from the posterior.
   *
   * @param x `[...batch, ...eventShape]`
   * @returns `[...batch, latent]`
   * @throws FlowShapeError when `x` or the context has another shape.
   */
  encode(x: Tensor, { seed, context = null }: Pick<SampleOptions, 'seed' | 'context'>): Tensor {
    const where = 'VAE.encode';
    const batchShape = batchShapeOf(x, this.eventShape, where, 'x');
    return tf.tidy(() => {
      const aligned = alignContext(context, this.contextShape, batchShape, where);
      const rows = sizeOf(batchShape);
      if (rows === 0) return tf.zeros([...batchShape, this.latent]);
      const noise = this.drawNoise(rows, RandomStream.from(seed));
      const { z } = this.#infer(flattenBatch(x, batchShape, this.eventShape), noise, aligned);
      return restoreBatch(stopGradient(z), batchShape, [this.latent]);
    });
  }

  /**
   * The mean of the data with these codes.
   *
   * @param z `[...batch, latent]`
   * @returns `[...batch, ...eventShape]`
   * @throws FlowShapeError when `z` or the context has another shape.
   */
  decode(z: Tensor, { context = null }: LogProbOptions = {}): Tensor {
    const where = 'VAE.decode';
    const batchShape = batchShapeOf(z, [this.latent], where, 'z');
    return tf.tidy(() => {
      const aligned = alignContext(context, this.contextShape, batchShape, where);
      if (sizeOf(batchShape) === 0) return tf.zeros([...batchShape, ...this.eventShape]);
      const mean = this.likelihood.mean(this.#decoded(flattenBatch(z, batchShape, [this.latent]), aligned));
      return tf.reshape(mean, [...batchShape, ...this.eventShape]);
    });
  }

  /** Sets data-dependent parameters of the networks from one batch. */
  initialize(x: Tensor, { context = null }: LogProbOptions = {}): void {
    tf.tidy(() => {
      const { encoder, decoder, prior } = this;
      const carry = this.#carry;
      encoder.initialize(tf.reshape(x, [x.shape[0], -1]), encoder.contextShape && context);
      const { raw, z0 } = this.#normalCode(x, this.drawNoise(x.shape[0], new RandomStream('initialize')), context);
      // What the posterior flow gives is to resemble a normal code, as it does at its start.
      carry?.initialize(z0, carry.contextShape && this.#features(raw));
      const z = carry ? carry.forward(z0, carry.contextShape && this.#features(raw)) : z0;
      decoder.initialize(z, decoder.contextShape && context);
      const own = prior as Distribution & { initialize?(z: Tensor, options: LogProbOptions): void };
      own.initialize?.(z, { context: prior.contextShape && context });
    });
  }

  protected override logWeight(x: Tensor, noise: Tensor | null, context: Tensor | null): LogWeight {
    const { z, logPosterior } = this.#infer(x, noise!, context);
    const joint = tf.add(this.#logLikelihood(x, z, context), this.#logPrior(z, context));
    return { value: tf.sub(joint, logPosterior), choice: null };
  }

  protected override draw(n: number, stream: RandomStream, context: Tensor | null): Tensor {
    const z = this.prior.sample(n, { seed: stream, context: this.prior.contextShape && context });
    return tf.reshape(this.likelihood.draw(this.#decoded(z, context), stream), [n, ...this.eventShape]);
  }

  override getConfig(): Config {
    const { eventShape, latent, encoder, decoder, likelihood, prior, posteriorFlow } = this;
    return { eventShape, latent, encoder, decoder, likelihood, prior, posteriorFlow };
  }

  /** What the encoder says, and the code before the flow, `[rows, latent]`. */
  #normalCode(x: Tensor, noise: Tensor, context: Tensor | null) {
    const rows = x.shape[0];
    const raw = this.encoder.apply(tf.reshape(x, [rows, -1]), this.encoder.contextShape && context);
    const loc = tf.slice(raw, [0, 0], [rows, this.latent]);
    const logScale = boundedLogScale(tf.slice(raw, [0, this.latent], [rows, this.latent]));
    return { raw, loc, logScale, z0: tf.add(loc, tf.mul(noise, tf.exp(logScale))) };
  }

  /** A draw from the posterior, and `log q(z | x)`. */
  #infer(x: Tensor, noise: Tensor, context: Tensor | null) {
    const { raw, loc, logScale, z0 } = this.#normalCode(x, noise, context);
    const logNormal = tf.sub(standardNormalLogProb(noise), tf.sum(logScale, 1));
    const carry = this.#carry;
    if (!carry) return { z: z0, loc, logScale, logPosterior: logNormal };
    const [z, logDet] = carry.forwardAndLogDet(z0, carry.contextShape && this.#features(raw));
    return { z, loc, logScale, logPosterior: tf.sub(logNormal, logDet) };
  }

  /** The context of the posterior flow. */
  #features(raw: Tensor): Tensor {
    const [rows, width] = raw.shape;
    return tf.slice(raw, [0, 2 * this.latent], [rows, width! - 2 * this.latent]);
  }

  #logPrior(z: Tensor, context: Tensor | null): Tensor {
    return this.prior.logProb(z, { context: this.prior.contextShape && context });
  }

  #logLikelihood(x: Tensor, z: Tensor, context: Tensor | null): Tensor {
    return this.likelihood.logProb(tf.reshape(x, [x.shape[0], -1]), this.#decoded(z, context));
  }

  #decoded(z: Tensor, context: Tensor | null): Tensor {
    return this.decoder.apply(z, this.decoder.contextShape && context);
  }
}

function isStandardNormal(prior: Distribution): boolean {
  const { loc, scale, learnable } = prior.getConfig();
  return prior instanceof Normal && loc === 0 && scale === 1 && learnable === false;
}

/** @throws FlowShapeError for codes of another shape. */
function checkCodes(where: string, shape: Shape, latent: number): void {
  if (sameShape(shape, [latent])) return;
  throw new FlowShapeError(where, { expected: `codes of shape [${latent}]`, got: formatShape(shape) });
}

/** @throws FlowConfigError for a flow whose base is no standard normal distribution: codes start from nothing else. */
function carryOf(given: Bijector | Flow): Bijector {
  if (!(given instanceof Flow)) return given;
  if (isStandardNormal(given.base)) return given.bijector;
  throw new FlowConfigError('VAE.posteriorFlow', {
    expected: 'a bijector, or a flow with a standard normal base',
    got: `a flow with another base, a ${given.base.className}`,
  });
}

/** The numbers of its context. */
function checkPosterior(flow: Bijector, latent: number): number {
  const where = 'VAE.posteriorFlow';
  checkCodes(where, flow.eventShapeIn, latent);
  checkCodes(where, flow.eventShapeOut, latent);
  if (!flow.contextShape) return 0;
  if (flow.contextShape.length !== 1) {
    throw new FlowShapeError(where, {
      expected: 'a context of shape [size], which the encoder emits',
      got: formatShape(flow.contextShape),
    });
  }
  return flow.contextShape[0];
}

/** @throws FlowConfigError for a network of other sizes. */
function sized(where: string, network: VAEOptions['encoder'], request: NetworkRequest): Conditioner {
  const built = typeof network === 'function' ? network(request) : network;
  if (built.inputs === request.inputs && built.outputs === request.outputs) return built;
  throw new FlowConfigError(where, {
    expected: `a network from ${request.inputs} inputs to ${request.outputs} outputs`,
    got: `${built.inputs} to ${built.outputs}`,
    hint: 'Pass a function `(request) => new MLP({ ...request, hidden })` to have it sized.',
  });
}
