import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.js';
import type { Distribution } from '../distributions/distribution.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { formatShape, sameShape, type Shape } from '../shapes.js';

/** What samplers need of an `Energy`: an object with these members will do. */
export interface EnergyLike {
  /** Shape of one configuration. */
  readonly eventShape: Shape;
  /** Variables that the energy depends on. Default: none. */
  readonly parameters?: readonly {
    /** Numbers that the energy depends on. */
    readonly variable: Variable;
  }[];
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
    hint: 'A density p is the energy `new FlowEnergy({ flow: p })`.',
  });
}

/** @throws FlowConfigError unless it is a continuous density without contexts. */
export function checkDensity(where: string, distribution: Distribution): Distribution {
  const given = distribution as Distribution | null | undefined;
  if (given?.hasDensity && !given.discrete && !given.contextShape) return distribution;
  throw new FlowConfigError(where, {
    expected: 'a continuous density without contexts',
    got: given ? `a ${given.className}` : String(given),
  });
}

/** `-log q(x)` of a density; the distribution still belongs to the caller. */
export function negativeLogDensity(where: string, distribution: Distribution): EnergyLike {
  checkDensity(where, distribution);
  return {
    eventShape: distribution.eventShape,
    parameters: distribution.parameters,
    energy: (x) => tf.tidy(() => tf.neg(distribution.logProb(x))),
  };
}

/**
 * The energy of `z` whose Boltzmann density is that of `x = f(z)` seen through the map: `u(f(z)) - log |det ∂f/∂z|`.
 *
 * @throws FlowShapeError when the map does not give what the energy takes.
 * @throws FlowConfigError when it takes contexts.
 */
export function pulledBackEnergy(
  where: string,
  energy: EnergyLike & { readonly parameters?: EnergyLike['parameters'] },
  bijector: Bijector,
): EnergyLike {
  if (!sameShape(energy.eventShape, bijector.eventShapeOut)) {
    throw new FlowShapeError(where, {
      expected: `a bijector onto events of shape ${formatShape(energy.eventShape)}, as the energy takes`,
      got: formatShape(bijector.eventShapeOut),
    });
  }
  if (bijector.contextShape) {
    throw new FlowConfigError(where, { expected: 'a bijector without contexts', got: `a ${bijector.className}` });
  }
  return {
    eventShape: bijector.eventShapeIn,
    parameters: [...(energy.parameters ?? []), ...bijector.parameters],
    energy: (z) =>
      tf.tidy(() => {
        const [x, logDet] = bijector.forwardAndLogDet(z);
        return tf.sub(energy.energy(x), logDet);
      }),
  };
}
