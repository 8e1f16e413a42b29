import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { Conditioner } from '../conditioner.js';
import { VisionTransformer } from '../transformer/vision-transformer.js';
import { poseFeatures, poseMask, poseWidth, positionFeatures, positionWidth } from './body-features.js';
import { BodyMessages } from './body-messages.js';
import { checkView, each, POSE, type BodyView } from './body-view.js';

/** Options of {@link BodyTransformer}. */
export interface BodyTransformerOptions {
  /** The bodies, and what of them is seen. */
  readonly view: BodyView;
  /** Numbers emitted for each body. */
  readonly outputs: number;
  /** Entries of a body inside. Default: 32. */
  readonly width?: number;
  /** Number of transformer blocks. Default: 2. */
  readonly depth?: number;
  /** Heads of each attention, a divisor of the width. Default: 4. */
  readonly heads?: number;
  /**
   * Tell the bodies apart by trained embeddings, as the sites of a crystal are; without, exchanging two bodies exchanges
   * what is emitted for them. Default: true.
   */
  readonly distinguishable?: boolean;
  /** Look at positions relative to each other alone, so that moving all bodies alike changes nothing. Default: false. */
  readonly relative?: boolean;
  /** Shape of one context, or null. Default: null. */
  readonly contextShape?: Shape | null;
  /** What the untrained network emits for every body. Default: random weights in the last layer. */
  readonly initialOutput?: readonly number[] | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * A transformer over rigid bodies, `[batch, bodies, 7 + auxiliaries]` → `[batch, bodies, outputs]`. It is periodic in the
 * box, and sees rotations by their matrices: with any quaternions negated it emits the same. (An attention whose
 * logits are bilinear in two matrices is one with squared logits bilinear in two quaternions.)
 *
 * Source: Köhler, Invernizzi, de Haan, Noé, "Rigid body flows for sampling molecular crystal structures", 2023, section 5.
 */
export class BodyTransformer extends Conditioner {
  static override readonly className = 'BodyTransformer';
  static override readonly samples = [
    () =>
      new BodyTransformer({
        view: { bodies: 3, auxiliaries: 0, box: [1, 2, 3], positions: each(3, false), rotations: each(3, true), auxiliary: each(3, false) }, // prettier-ignore
        outputs: 2,
        width: 8,
        depth: 1,
        heads: 2,
      }),
    () =>
      new BodyTransformer({
        view: { bodies: 2, auxiliaries: 1, box: null, positions: each(2, true), rotations: [true, false], auxiliary: each(2, true) }, // prettier-ignore
        outputs: 3,
        width: 4,
        depth: 1,
        heads: 1,
        distinguishable: false,
        relative: true,
        contextShape: [2],
      }),
  ];

  /** Number of bodies. */
  readonly bodies: number;
  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  readonly #view: BodyView;
  readonly #messages: BodyMessages | null;
  readonly #transformer: VisionTransformer;
  /** 1 where a body's position is seen, `[bodies, 1]`, and where its other features are, `[bodies, 9 + auxiliaries]`. */
  readonly #seesPosition: Tensor;
  readonly #seesPose: Tensor;
  readonly #config: Config;

  /** @throws FlowConfigError for sizes that make no network, or a view that describes no bodies. */
  constructor(options: BodyTransformerOptions) {
    super();
    const { view, outputs, width = 32, depth = 2, heads = 4 } = options;
    const { distinguishable = true, relative = false, contextShape = null, initialOutput = null, seed = 0 } = options;
    checkView('BodyTransformer.view', view);
    const { bodies, auxiliaries, box } = view;
    const stream = RandomStream.from(seed);
    const features = poseWidth(view);
    const messages = { bodies, periodic: box !== null, features, width, seed: stream.split('messages') };
    this.#messages = relative ? this.child('messages', new BodyMessages(messages)) : null;
    this.#transformer = this.child(
      'transformer',
      new VisionTransformer({
        tokens: bodies,
        inputs: features + (relative ? width : positionWidth(view)),
        outputs,
        width,
        depth,
        heads,
        embedPositions: distinguishable,
        contextShape,
        initialOutput,
        seed: stream.split('transformer'),
      }),
    );
    this.#seesPosition = this.constant('seesPosition', tf.tensor2d(view.positions.map(Number), [bodies, 1]));
    this.#seesPose = this.constant('seesPose', tf.tensor2d(poseMask(view), [bodies, features]));
    this.bodies = bodies;
    this.inputs = POSE + auxiliaries;
    this.outputs = outputs;
    this.contextShape = contextShape;
    this.hiddenWidth = width;
    this.#view = view;
    this.#config = { view, outputs, width, depth, heads, distinguishable, relative, contextShape, initialOutput, seed: stream.key }; // prettier-ignore
  }

  override getConfig(): Config {
    return this.#config;
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    const pose = tf.mul(poseFeatures(x), this.#seesPose);
    const positions = tf.mul(positionFeatures(x, this.#view.box), this.#seesPosition);
    const place = this.#messages ? this.#messages.apply(positions, this.#seesPosition, pose) : positions;
    return this.#transformer.apply(tf.concat([place, pose], 2), context);
  }
}
