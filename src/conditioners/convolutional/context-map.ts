import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import { Module, type Config } from '../../module.js';
import { formatShape, type Shape } from '../../shapes.js';
import { Dense } from '../dense.js';
import { Conv, type ConvOptions } from './conv.js';
import { meanPool } from './mean-pool.js';
import { perChannel } from './per-channel.js';

/** How a context enters a network on images: as numbers that all pixels share, or as an image. */
export type ContextKind = 'vector' | 'map';

/** Options of {@link ContextMap}. */
export type ContextMapOptions = Pick<ConvOptions, 'outputs' | 'activation' | 'initialOutput' | 'seed'> & {
  /** `[height, width, channels]` of one context. */
  readonly contextShape: Shape;
};

/**
 * What a 3x3 convolution makes of a context that is an image, one number a channel at every pixel. A context that is larger
 * than the image it is added to, by the same whole factor both ways, is averaged over blocks of pixels first.
 */
export class ContextMap extends Module {
  static override readonly className: string = 'ContextMap';

  readonly #layer: Conv;
  readonly #config: Config;

  /** @throws FlowConfigError for contexts that are no images. */
  constructor({ contextShape, ...options }: ContextMapOptions) {
    super();
    if (contextShape.length !== 3) {
      throw new FlowConfigError('ContextMap.contextShape', {
        expected: 'context maps, [height, width, channels]',
        got: formatShape(contextShape),
        hint: "Leave out `contextAs: 'map'` for contexts that are no images.",
      });
    }
    this.#layer = this.child('layer', new Conv({ ...options, inputs: contextShape[2] }));
    this.#config = { contextShape, ...options };
  }

  /**
   * `[batch, height, width, outputs]`, for an image `[batch, height, width, ...]`.
   *
   * @throws FlowShapeError when the context is not as large as the image or a whole multiple of it.
   */
  apply(context: Tensor, image: Tensor): Tensor {
    const [, height, width] = image.shape;
    const [, contextHeight, contextWidth] = context.shape;
    const factor = contextHeight / height;
    if (!Number.isInteger(factor) || contextWidth / width !== factor) {
      throw new FlowShapeError('ContextMap', {
        expected: `context maps of ${height} x ${width} pixels, or a multiple`,
        got: `${contextHeight} x ${contextWidth}`,
        hint: 'Coarser levels of a flow need maps that they divide.',
      });
    }
    return tf.tidy(() => this.#layer.apply(factor === 1 ? context : meanPool(context, factor)));
  }

  override getConfig(): Config {
    return this.#config;
  }
}

/** What is added to, or multiplied with, the channels of an image for its context. */
export type ContextLayer = Dense | ContextMap;

/** A layer for contexts of either kind. */
export function contextLayer(
  kind: ContextKind,
  contextShape: Shape,
  options: Omit<ContextMapOptions, 'contextShape'>,
): ContextLayer {
  // prettier-ignore
  if (kind === 'map') return new ContextMap({ ...options, contextShape });
  return new Dense({ ...options, inputs: contextShape.reduce((product, length) => product * length, 1) });
}

/** What a layer makes of a context: `[batch, 1, 1, channels]`, or as large as the image. */
export function fromContext(layer: ContextLayer, context: Tensor, image: Tensor): Tensor {
  return layer instanceof ContextMap ? layer.apply(context, image) : perChannel(layer, context);
}

/** @throws FlowConfigError for a kind of another name. */
export function checkContextKind(where: string, kind: string): void {
  if (kind !== 'vector' && kind !== 'map') {
    throw new FlowConfigError(where, { expected: "'vector' or 'map'", got: `'${kind}'` });
  }
}
