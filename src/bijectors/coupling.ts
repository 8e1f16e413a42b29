import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Conditioner } from '../conditioners/conditioner.js';
import { MLP } from '../conditioners/mlp.js';
import { ElementwiseAffine } from '../elementwise/elementwise-affine.js';
import type { ElementwiseResult, ElementwiseTransform } from '../elementwise/elementwise-transform.js';
import { RationalQuadraticSpline } from '../elementwise/rational-quadratic-spline.js';
import { FlowConfigError } from '../errors.js';
import { takeColumns } from '../kernels/columns/op.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { applyElementwise, Elementwise } from './elementwise.js';

/** What a coupling layer asks of its conditioner; spreads into the options of {@link MLP} and its like. */
export interface ConditionerRequest {
  readonly inputs: number;
  readonly outputs: number;
  /** Outputs with which the layer is the identity. */
  readonly initialOutput: number[];
}

/** Options of {@link Coupling}. */
export interface CouplingOptions {
  /** One entry a coordinate: true where it is transformed, false where it is kept and feeds the conditioner. */
  readonly mask: readonly boolean[];
  /** The scalar map applied to the transformed coordinates. */
  readonly transform: ElementwiseTransform;
  /** Emits the parameters of the transformed coordinates from the kept ones and the context: a network, or how to build it. */
  readonly conditioner: Conditioner | ((request: ConditionerRequest) => Conditioner);
  /** A scalar map with trained parameters for the kept coordinates, after the conditioner has read them. Default: none. */
  readonly unconditional?: ElementwiseTransform | null;
}

/**
 * Coupling layer: coordinates outside of the mask stay as they are and decide how those inside are mapped,
 * `y_K = x_K`, `yᵢ = τ(xᵢ; θᵢ(y_K, context))`; `log |det J| = Σ log τ′`. Forward and inverse cost the same.
 *
 * With `unconditional`, the kept coordinates go through scalar maps of their own as well; the conditioner reads them
 * on the data side.
 *
 * Source: Dinh, Krueger, Bengio, "NICE", 2015, section 3.2; with splines, Durkan et al., "Neural Spline Flows", 2019,
 * section 3.
 *
 * @example
 * new Coupling({
 *   mask: alternatingMask(6),
 *   transform: new RationalQuadraticSpline({ bins: 8 }),
 *   conditioner: (request) => new MLP({ ...request, hidden: [64, 64], seed: 'coupling' }),
 * });
 */
export class Coupling extends Bijector {
  static override readonly className = 'Coupling';
  static override readonly samples = [
    () => {
      const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [16], activation: 'tanh', seed: 1 }); // prettier-ignore
      return new Coupling({ mask: [true, false], transform: new RationalQuadraticSpline({ bins: 4 }), conditioner });
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [12], activation: 'tanh', contextShape: [2], seed: 2 }); // prettier-ignore
      const unconditional = new RationalQuadraticSpline({ bins: 3 });
      return new Coupling({ mask: [false, true, true, false, true], transform: new ElementwiseAffine(), conditioner, unconditional }); // prettier-ignore
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  readonly #mask: readonly boolean[];
  readonly #transformed: readonly number[];
  readonly #kept: readonly number[];
  /** Whether the kept coordinates are put before the transformed ones. */
  readonly #keptFirst: boolean;
  /** Where each coordinate stands after the two groups have been put side by side. */
  readonly #order: readonly number[];
  readonly #transform: ElementwiseTransform;
  readonly #conditioner: Conditioner;
  readonly #unconditional: Elementwise | null;

  /** @throws FlowConfigError for a mask that transforms or keeps nothing, or a conditioner that does not fit it. */
  constructor({ mask, transform, conditioner, unconditional = null }: CouplingOptions) {
    super();
    const coordinates = mask.map((_, i) => i);
    this.#transformed = coordinates.filter((i) => mask[i]);
    this.#kept = coordinates.filter((i) => !mask[i]);
    if (this.#transformed.length === 0 || this.#kept.length === 0) {
      throw new FlowConfigError('Coupling', {
        expected: 'a mask that transforms some coordinates and keeps some',
        got: `[${mask.join(', ')}]`,
        hint: 'Use `Elementwise` to transform all coordinates independently of each other.',
      });
    }
    const request = Coupling.request(mask, transform);
    const network = typeof conditioner === 'function' ? conditioner(request) : conditioner;
    if (network.inputs !== request.inputs || network.outputs !== request.outputs) {
      throw new FlowConfigError('Coupling', {
        expected: `a conditioner from ${request.inputs} inputs to ${request.outputs} outputs`,
        got: `${network.inputs} to ${network.outputs}`,
        hint: 'Pass a function `(request) => new MLP({ ...request, hidden })` to have it sized.',
      });
    }
    // Put so, they may be in order already.
    this.#keptFirst = this.#kept[0] < this.#transformed[0];
    const sideBySide = this.#keptFirst ? [...this.#kept, ...this.#transformed] : [...this.#transformed, ...this.#kept];
    this.#order = coordinates.map((i) => sideBySide.indexOf(i));
    this.eventShapeIn = [mask.length];
    this.eventShapeOut = [mask.length];
    this.#mask = mask;
    this.#transform = transform;
    this.#conditioner = this.child('conditioner', network);
    this.contextShape = network.contextShape;
    this.#unconditional =
      unconditional &&
      this.child('unconditional', new Elementwise({ eventShape: [this.#kept.length], transform: unconditional }));
  }

  /** Sizes of the conditioner for this mask and transform. */
  static request(mask: readonly boolean[], transform: ElementwiseTransform): ConditionerRequest {
    const transformed = mask.filter((entry) => entry).length;
    const identity = transform.identityParameters();
    return {
      inputs: mask.length - transformed,
      outputs: transformed * transform.parameterCount,
      initialOutput: Array.from({ length: transformed }, () => identity).flat(),
    };
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const before = takeColumns(x, this.#kept);
    const [kept, keptLogDet] = this.#unconditional?.forwardAndLogDet(before) ?? [before, null];
    const raw = this.#conditioner.apply(kept, context);
    return this.transformRest(x, kept, keptLogDet, raw, (flat, p) => this.#transform.forward(flat, p));
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    const after = takeColumns(y, this.#kept);
    const raw = this.#conditioner.apply(after, context);
    const [kept, keptLogDet] = this.#unconditional?.inverseAndLogDet(after) ?? [after, null];
    return this.transformRest(y, kept, keptLogDet, raw, (flat, p) => this.#transform.inverse(flat, p));
  }

  override getConfig(): Config {
    return {
      mask: this.#mask,
      transform: this.#transform,
      conditioner: this.#conditioner,
      unconditional: this.#unconditional && this.#unconditional.transform,
    };
  }

  private transformRest(
    input: Tensor,
    kept: Tensor,
    keptLogDet: Tensor | null,
    raw: Tensor,
    apply: (flat: Tensor, raw: Tensor) => ElementwiseResult,
  ): ValueAndLogDet {
    const rest = takeColumns(input, this.#transformed);
    const [value, logDet] = applyElementwise(rest, raw, this.#transform, apply);
    const output = takeColumns(tf.concat(this.#keptFirst ? [kept, value] : [value, kept], 1), this.#order);
    return [output, keptLogDet ? tf.add(logDet, keptLogDet) : logDet];
  }
}

/** Every other coordinate is transformed, beginning with `first` (0 or 1). */
export function alternatingMask(dims: number, first: 0 | 1 = 0): boolean[] {
  return Array.from({ length: dims }, (_, i) => i % 2 === first);
}

/** The second half of the coordinates is transformed, or with `flip` the first. */
export function halfMask(dims: number, flip = false): boolean[] {
  return Array.from({ length: dims }, (_, i) => i >= Math.floor(dims / 2) !== flip);
}
