import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Bijector, Interval } from '../bijectors/bijector.js';
import type { Embedding } from '../conditioners/embeddings/embedding.js';
import { conditioned, type ContextLike } from '../distributions/conditioned.js';
import { Distribution, type LogProbOptions, type SampleOptions } from '../distributions/distribution.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { saveModule } from '../io/save.js';
import { stopGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import { SharedMirror } from '../replay/mirror.js';
import { Replay } from '../replay/replay.js';
import { commonContextShape, formatShape, sameShape, type Shape } from '../shapes.js';
import { formatUnitVectors, sameUnitVectors, type UnitVectors } from '../unit-vectors.js';

/** Options of {@link Flow}. */
export interface FlowOptions {
  /** What is drawn first; its events are of the shape that the bijector takes. */
  readonly base: Distribution;
  /** The map from base to data. */
  readonly bijector: Bijector;
  /** What contexts go through before base and bijector see them, trained with the flow. Default: none. */
  readonly embedding?: Embedding | null;
}

/**
 * The distribution of `x = f(z)`, `z` from the base, `f` the bijector:
 * `log p(x) = log p_base(f⁻¹(x)) + log |det ∂f⁻¹/∂x|`.
 *
 * Where base or bijector take a context `c`, it is `p(x | c)`; with an embedding `e` they take `e(c)`.
 */
export class Flow extends Distribution {
  static override readonly className = 'Flow';

  /** The distribution of `z`. */
  readonly base: Distribution;
  /** The map `f` from base to data. */
  readonly bijector: Bijector;
  /** What contexts go through first, or null. */
  readonly embedding: Embedding | null;
  readonly #weights = new SharedMirror(() => this.parameters.map(({ variable }) => variable));
  readonly #density = this.#replay((x, given) => {
    const context = this.embed(given);
    const [z, logDet] = this.bijector.inverseAndLogDet(x, this.bijector.contextShape && context);
    return [tf.add(this.base.logProb(z, { context: this.base.contextShape && context }), logDet)];
  });
  readonly #forward = this.#replay((z, context) => [this.forward(z, { context })]);
  readonly #push = this.#replay((z, given) => {
    const context = this.embed(given);
    const [x, logDet] = this.bijector.forwardAndLogDet(z, this.bijector.contextShape && context);
    return [x, tf.sub(this.base.logProb(z, { context: this.base.contextShape && context }), logDet)];
  });
  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  override readonly support: Interval;
  override readonly unitVectors: UnitVectors | null;
  override readonly reparameterised: boolean;
  override readonly supportsTemperature: boolean;

  /**
   * @throws FlowShapeError when the base does not draw what the bijector takes, or they take other contexts than the
   * embedding gives.
   * @throws FlowConfigError when one of them is on spheres and the other is not, or for an embedding when neither of them
   * takes a context.
   */
  constructor({ base, bijector, embedding = null }: FlowOptions) {
    super();
    if (!sameShape(base.eventShape, bijector.eventShapeIn)) {
      throw new FlowShapeError('Flow', {
        expected: `a base with events of shape ${formatShape(bijector.eventShapeIn)}, as the bijector takes`,
        got: formatShape(base.eventShape),
      });
    }
    if (!sameUnitVectors(base.unitVectors, bijector.unitVectorsIn)) {
      throw new FlowConfigError('Flow', {
        expected: `a base with ${formatUnitVectors(bijector.unitVectorsIn)}, as the bijector takes`,
        got: formatUnitVectors(base.unitVectors),
      });
    }
    this.base = this.child('base', base);
    this.bijector = this.child('bijector', bijector);
    this.embedding = embedding && this.child('embedding', embedding);
    this.eventShape = bijector.eventShapeOut;
    const inner = commonContextShape('Flow', [base, bijector]);
    if (embedding) checkEmbedding(embedding, inner);
    this.contextShape = embedding ? embedding.contextShape : inner;
    this.support = bijector.domainOut;
    this.unitVectors = bijector.unitVectorsOut;
    this.reparameterised = base.reparameterised;
    this.supportsTemperature = base.supportsTemperature;
  }

  /** Base → data: `x = f(z)`. */
  forward(z: Tensor, { context = null }: LogProbOptions = {}): Tensor {
    return tf.tidy(() => this.bijector.forward(z, this.bijector.contextShape && this.embed(context, 'forward')));
  }

  /** Data → base: `z = f⁻¹(x)`. */
  inverse(x: Tensor, { context = null }: LogProbOptions = {}): Tensor {
    return tf.tidy(() => this.bijector.inverse(x, this.bijector.contextShape && this.embed(context, 'inverse')));
  }

  /**
   * The context that base and bijector take, `e(c)` with an embedding and `c` itself without.
   *
   * @param context `[...contextShape]` or `[...batch, ...contextShape]`
   * @throws FlowShapeError when there is an embedding and the context is missing or of another shape.
   */
  embed(context: Tensor, method?: string): Tensor;
  embed(context: Tensor | null, method?: string): Tensor | null;
  embed(context: Tensor | null, method = 'embed'): Tensor | null {
    return this.embedding ? this.embedding.apply(context, `${this.className}.${method}`) : context;
  }

  /**
   * The flow at a given context, as a distribution that takes none; see {@link conditioned}.
   *
   * @param context a tensor or numbers: a single context for all events, or a batch of them
   * @throws FlowConfigError when this flow takes no context.
   * @throws FlowShapeError for contexts of another shape.
   *
   * @example
   * using posterior = flow.condition(observation);
   * const draws = posterior.sample(1000, { seed: 'posterior' });
   */
  condition(context: ContextLike): Distribution {
    return conditioned(this, context);
  }

  /**
   * Gives up base, bijector and embedding, to build something else from. The flow is of no further use: it lists no
   * parameters and frees nothing.
   *
   * @example
   * const { bijector } = splineCouplingFlow({ dims: 2 }).takeApart();
   * const layers = new Chain({ bijectors: [bijector, new Affine({ shift: [1, 2], scale: [3, 3] })] });
   */
  takeApart(): Required<FlowOptions> {
    for (const name of ['base', 'bijector', 'embedding']) this.giveAway(name);
    return { base: this.base, bijector: this.bijector, embedding: this.embedding };
  }

  /** Sets data-dependent parameters (activation normalisation and the like) from one batch. */
  initialize(data: Tensor, { context = null }: LogProbOptions = {}): void {
    tf.tidy(() => this.bijector.initialize(data, this.bijector.contextShape && this.embed(context, 'initialize')));
  }

  override sampleAndLogProb(n: number, options: SampleOptions): [Tensor, Tensor] {
    return tf.tidy(() => this.pushForward('sampleAndLogProb', n, options).map(stopGradient) as [Tensor, Tensor]);
  }

  /** Draws and their `log p`, with gradients through both: what reverse-KL objectives need. */
  rsampleAndLogProb(n: number, options: SampleOptions): [Tensor, Tensor] {
    return tf.tidy(() => this.pushForward('rsampleAndLogProb', n, options));
  }

  /**
   * Writes the flow to a folder (`file://models/demo`, Node) or the browser's storage (`indexeddb://demo`).
   * A crash leaves the old model or the new one, never half of one.
   *
   * @throws FlowFileError when the place cannot be written.
   */
  async save(url: string): Promise<void> {
    await saveModule(this, url);
  }

  override dispose(): void {
    for (const replay of [this.#density, this.#forward, this.#push]) replay.dispose();
    this.#weights.free();
    super.dispose();
  }

  protected override density(x: Tensor, context: Tensor | null): Tensor {
    return this.#density.run(context ? [x, context] : [x])[0];
  }

  protected override draw(n: number, stream: RandomStream, context: Tensor | null, temperature: number): Tensor {
    const z = this.drawBase(n, stream, context, temperature);
    return this.#forward.run(context ? [z, context] : [z])[0];
  }

  /** A function of rows and their contexts that is repeated from its kernels where that is possible. */
  #replay(compute: (rows: Tensor, context: Tensor | null) => Tensor[]): Replay {
    return new Replay(
      ([rows, context]) => compute(rows, context ?? null),
      this.#weights,
      () => this.eventShape,
    );
  }

  override getConfig(): Config {
    const { base, bijector, embedding } = this;
    return { base, bijector, ...(embedding && { embedding }) };
  }

  private drawBase(n: number, stream: RandomStream, context: Tensor | null, temperature: number): Tensor {
    const options = { seed: stream, context: this.base.contextShape && this.embed(context), temperature };
    return this.base.reparameterised ? this.base.rsample(n, options) : this.base.sample(n, options);
  }

  /** Draws from the base and pushes them forward, with the density found on the way. */
  private pushForward(method: string, n: number, options: SampleOptions): [Tensor, Tensor] {
    const { stream, context, temperature } = this.checkSampling(method, n, options);
    const z = this.drawBase(n, stream, context, temperature);
    if (n === 0) return [tf.zeros([0, ...this.eventShape]), tf.zeros([0])];
    return this.#push.run(context ? [z, context] : [z]) as [Tensor, Tensor];
  }
}

/**
 * @throws FlowConfigError when nobody takes what the embedding gives.
 * @throws FlowShapeError when they take contexts of another shape.
 */
function checkEmbedding({ className, outputShape }: Embedding, contextShape: Shape | null): void {
  if (contextShape === null) {
    throw new FlowConfigError('Flow.embedding', {
      expected: 'a base or bijector that takes a context',
      got: `a ${className} and neither`,
      hint: `Build their conditioners with \`contextShape: ${formatShape(outputShape)}\`, or leave the embedding out.`,
    });
  }
  if (!sameShape(contextShape, outputShape)) {
    throw new FlowShapeError('Flow.embedding', {
      expected: `embedded contexts of shape ${formatShape(contextShape)}, as base and bijector take them`,
      got: formatShape(outputShape),
    });
  }
}
