import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Module } from '../module.js';
import type { Shape } from '../shapes.js';

/**
 * A network that emits the parameters of an elementwise transform. Called by the layer that owns it, on a flat batch;
 * the layer has checked shapes.
 */
export abstract class Conditioner extends Module {
  /** Instances on which the contract suite tests the class. */
  static readonly samples: readonly (() => Conditioner)[] = [];

  /** Entries of one input row: the channels of an image, the width of a token. */
  abstract readonly inputs: number;
  /** Entries of one output row, likewise. */
  abstract readonly outputs: number;
  /** Shape of one context, or null. */
  readonly contextShape: Shape | null = null;
  /** Inputs that are angles in radians to it: what it emits is the same one turn further. */
  readonly circular: readonly number[] = [];
  /** Width of the last hidden layer: splines divide their raw widths and heights by its square root. */
  abstract readonly hiddenWidth: number;

  /**
   * `[batch, inputs]` → `[batch, outputs]`; for networks on images `[batch, height, width, inputs]` →
   * `[batch, height, width, outputs]`, for those on tokens `[batch, tokens, inputs]` → `[batch, tokens, outputs]`.
   */
  protected abstract network(x: Tensor, context: Tensor | null): Tensor;

  /** Sets data-dependent parameters from one batch of inputs. Conditioners without such parameters do nothing. */
  initialize(_x: Tensor, _context: Tensor | null = null): void {}

  /** Runs the network and tidies up; shapes are those of {@link Conditioner.network}. */
  apply(x: Tensor, context: Tensor | null = null): Tensor {
    return tf.tidy(() => this.network(x, context));
  }
}
