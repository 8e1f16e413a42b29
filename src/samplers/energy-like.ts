import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.js';
import type { Distribution } from '../distributions/distribution.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { formatShape, sameShape, type Shape } from '../shapes.js';

/** What samplers need of an `Energy`: an object with these members will do. */
export interface EnergyLike {
  /** Shape of one configuration. */
  readonly eventShape: Shape;
  /** `u(x)` in kT, `[batch]`, of `x` with shape `[batch, ...eventShape]`, differentiable. */
  energy(x: Tensor): Tensor;
  /** `u(x)` and `-∂u/∂x`. Default: by differentiation of the energy. */
  energyAndForce?(x: Tensor): [energy: Tensor, force: Tensor];
}

/** `u(x)`, `[batch]`, and `-∂u/∂x`, `[batch, ...event]`. */
export function energyAndForce(energy: EnergyLike, x: Tensor): [Tensor, Tensor] {
  if (energy.energyAndForce) return energy.energyAndForce(x);
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad((at: Tensor) => energy.energy(at))(x, tf.ones([x.shape[0]]));
    return [value, tf.neg(grad)];
  });
}

/** @throws FlowConfigError for what is no energy. */
export function checkEnergy(where: string, energy: EnergyLike): EnergyLike {
  const given = energy as Partial<EnergyLike> | null | undefined;
  if (typeof given?.energy === 'function' && Array.isArray(given.eventShape)) return energy;
  throw new FlowConfigError(where, {
    expected: 'an Energy, or an object with `eventShape` and `energy(x)`',
    got: given === null || given === undefined ? String(given) : typeof given,
  });
}

/** `-log q(x)` of a density; the distribution still belongs to the caller. */
export function negativeLogDensity(where: string, distribution: Distribution): EnergyLike {
  if (!distribution.hasDensity || distribution.discrete || distribution.contextShape) {
    throw new FlowConfigError(where, {
      expected: 'a continuous density without contexts',
      got: `a ${distribution.className}`,
    });
  }
  return {
    eventShape: distribution.eventShape,
    energy: (x) => tf.tidy(() => tf.neg(distribution.logProb(x))),
  };
}

/** `a u₀ + b u₁`, of the weights that are not zero. */
export function combinedEnergy(terms: readonly (readonly [factor: number, energy: EnergyLike])[]): EnergyLike {
  const present = terms.filter(([factor]) => factor !== 0);
  const weighted = (compute: (energy: EnergyLike) => Tensor[]): Tensor[] =>
    tf.tidy(() =>
      present
        .map(([factor, energy]) => compute(energy).map((part) => tf.mul(part, factor)))
        .reduce((sum, parts) => sum.map((part, i) => tf.add(part, parts[i]))),
    );
  return {
    eventShape: terms[0][1].eventShape,
    energy: (x) => weighted((energy) => [energy.energy(x)])[0],
    energyAndForce: (x) => weighted((energy) => energyAndForce(energy, x)) as [Tensor, Tensor],
  };
}

/**
 * The energy of `z` whose Boltzmann density is that of `x = f(z)` seen through the map: `u(f(z)) - log |det ∂f/∂z|`.
 *
 * @throws FlowShapeError when the map does not give what the energy takes.
 */
export function pulledBackEnergy(where: string, energy: EnergyLike, bijector: Bijector): EnergyLike {
  if (!sameShape(energy.eventShape, bijector.eventShapeOut)) {
    throw new FlowShapeError(where, {
      expected: `an energy of events of shape ${formatShape(bijector.eventShapeOut)}, as the bijector gives`,
      got: formatShape(energy.eventShape),
    });
  }
  return {
    eventShape: bijector.eventShapeIn,
    energy: (z) =>
      tf.tidy(() => {
        const [x, logDet] = bijector.forwardAndLogDet(z);
        return tf.sub(energy.energy(x), logDet);
      }),
  };
}
