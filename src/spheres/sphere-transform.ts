import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config, Configurable } from '../module.js';

/** Images of points of a sphere, with the change of area there. */
export interface SphereResult {
  /** `[rows, dims]`, of length 1. */
  readonly value: Tensor;
  /** `log` of the factor by which areas on the sphere grow, `[rows]`. */
  readonly logDet: Tensor;
}

/**
 * A map of the unit sphere in `Rⁿ` onto itself, with raw parameters that are trained or come from a conditioner: to
 * points of spheres what an `ElementwiseTransform` is to real numbers. Stateless; `forward` runs base → data.
 *
 * Points are made unit vectors before anything else, so that what comes out depends on the direction of the input alone and
 * gradients have no radial part. Log-determinants are with respect to the area of the sphere.
 */
export abstract class SphereTransform implements Configurable {
  /** Name under which the class is saved. */
  static readonly className: string = '';

  /** `n`, entries of a point: the sphere itself has a dimension less. */
  abstract readonly dims: number;
  /** Raw parameters of one point. */
  abstract readonly parameterCount: number;
  /** Whether `f(-z) = -f(z)` for all parameters: such maps act on rotations, which are unit quaternions up to sign. */
  abstract readonly odd: boolean;

  get className(): string {
    return (this.constructor as typeof SphereTransform).className;
  }

  /** Raw parameters to start training from, with which the map is near the identity. */
  abstract startParameters(): number[];

  /** Base → data. `x`: `[rows, dims]`; `raw`: `[rows, parameterCount]`. */
  abstract forward(x: Tensor, raw: Tensor): SphereResult;

  /** Data → base. `y`: `[rows, dims]`; `raw`: `[rows, parameterCount]`. */
  abstract inverse(y: Tensor, raw: Tensor): SphereResult;

  abstract getConfig(): Config;
}
