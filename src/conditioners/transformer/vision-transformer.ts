import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../check.js';
import type { Conditioner } from '../conditioner.js';
import { TokenTransformer, type TokenTransformerOptions } from './token-transformer.js';

/**
 * A transformer in which every token sees every other, `[batch, tokens, inputs]` → `[batch, tokens, outputs]`: the
 * conditioner of Jet (Kolesnikov, Pinto, Tschannen, 2024), after Dosovitskiy et al., "An image is worth 16x16 words", 2021.
 *
 * @example
 * (request) => new VisionTransformer({ ...request, width: 512, depth: 2, heads: 8 })
 */
export class VisionTransformer extends TokenTransformer {
  static override readonly className: string = 'VisionTransformer';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new VisionTransformer({ tokens: 3, inputs: 2, outputs: 4, width: 8, depth: 2, heads: 2 }),
    () => new VisionTransformer({ tokens: 4, inputs: 3, outputs: 2, width: 6, depth: 1, heads: 3, norm: 'rms', qkNorm: true, mlpRatio: 2, contextShape: [2] }), // prettier-ignore
  ];

  /** @throws FlowConfigError for a size, norm or initial output that makes no network. */
  constructor(options: TokenTransformerOptions) {
    checkInteger('VisionTransformer.tokens', options.tokens);
    super('VisionTransformer', options, options.tokens, false);
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    return this.finish(this.blocks.reduce((h, block) => block.apply(h), this.embed(x, context)));
  }
}
