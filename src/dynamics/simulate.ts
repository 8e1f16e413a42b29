import type { Energy } from '../energies/energy.js';
import { FlowConfigError } from '../errors.js';
import { Evaluator } from './evaluator.js';
import { startOf, type DynamicsOptions, type DynamicsState } from './options.js';
import { Recorder, type Trajectory } from './trajectory.js';

export type { DynamicsOptions } from './options.js';

/**
 * Molecular dynamics at constant energy, `dx/dt = v`, `m dv/dt = -∂u/∂x`, by the velocity Verlet scheme: half a kick, a
 * drift, half a kick, with one force a step. Time-reversible, and symplectic: where forces are smooth, the energy
 * wavers by the order of the squared step and does not drift.
 *
 * Positions and velocities are kept in double precision, forces are float32.
 *
 * @param energy reduced energies, in kT; `new FlowEnergy({ flow })` for the dynamics in a model's own energy
 * @throws FlowShapeError for positions, velocities or masses that do not fit the energy.
 * @throws FlowConfigError for a step, a number of steps or a mass that is not positive.
 * @throws FlowNumericsError naming step and copy when a force or energy is not finite.
 *
 * @example
 * using energy = new FlowEnergy({ flow });
 * const { drift } = await velocityVerlet(energy, { positions: flow.sample(16, { seed: 1 }), stepSize: 1e-3, steps: 5000 });
 */
export async function velocityVerlet(energy: Energy, options: DynamicsOptions): Promise<Trajectory> {
  return simulate('velocityVerlet', energy, options, null);
}

/** Options of {@link langevinDynamics}. */
export interface LangevinDynamicsOptions extends DynamicsOptions {
  /** How fast velocities forget themselves, per unit of time. */
  readonly friction: number;
}

/**
 * Molecular dynamics at constant temperature, `m dv = -∂u/∂x dt - γ m v dt + √(2 γ m) dW`, by the BAOAB splitting: half a
 * kick, half a drift, the velocities' own process exactly, half a drift, half a kick. What friction and noise bring in is
 * counted as heat, so that the drift of the rest still tells whether the step is short enough.
 *
 * Source: Leimkuhler and Matthews, "Rational construction of stochastic numerical methods for molecular sampling", 2013.
 *
 * @throws FlowShapeError, FlowConfigError and FlowNumericsError as {@link velocityVerlet}, and for a friction that is not
 * positive.
 */
export async function langevinDynamics(energy: Energy, options: LangevinDynamicsOptions): Promise<Trajectory> {
  const { friction } = options;
  if (!(friction > 0 && friction < Infinity)) {
    throw new FlowConfigError('langevinDynamics', { expected: 'friction: a positive number', got: String(friction) });
  }
  return simulate('langevinDynamics', energy, options, friction);
}

async function simulate(
  where: string,
  energy: Energy,
  options: DynamicsOptions,
  friction: number | null,
): Promise<Trajectory> {
  const { stepSize, steps } = options;
  const state = startOf(where, energy, options);
  const { copies, positions, velocities, masses, every } = state;
  const size = masses.length;
  const half = stepSize / 2;
  const heat = new Float64Array(copies);
  const frames = new Recorder(Math.floor(steps / every) + 1, copies, energy.eventShape);
  const evaluator = new Evaluator(where, energy, copies);
  const record = async (step: number) => {
    const potential = await evaluator.potential(positions, step);
    frames.add(step * stepSize, { positions, velocities, potential, kinetic: kineticOf(state), heat });
  };
  try {
    let force = await evaluator.force(positions, 0);
    await record(0);
    for (let step = 1; step <= steps; step++) {
      velocities.forEach((v, i) => (velocities[i] = v + (half * force[i]) / masses[i % size]));
      positions.forEach((x, i) => (positions[i] = x + half * velocities[i]));
      if (friction !== null) forget(state, friction * stepSize, heat);
      positions.forEach((x, i) => (positions[i] = x + half * velocities[i]));
      force = await evaluator.force(positions, step);
      velocities.forEach((v, i) => (velocities[i] = v + (half * force[i]) / masses[i % size]));
      if (step % every === 0) await record(step);
    }
  } finally {
    evaluator.dispose();
  }
  return frames.finish();
}

/** `v ← e^(-γ h) v + √((1 - e^(-2 γ h)) / m) ξ`, with the kinetic energy that it adds. */
function forget(state: DynamicsState, rate: number, heat: Float64Array): void {
  const { velocities, masses, stream } = state;
  const before = kineticOf(state);
  const noise = stream.normal(velocities.length);
  const [kept, fresh] = [Math.exp(-rate), Math.sqrt(-Math.expm1(-2 * rate))];
  velocities.forEach((v, i) => (velocities[i] = kept * v + (fresh / Math.sqrt(masses[i % masses.length])) * noise[i]));
  kineticOf(state).forEach((after, copy) => (heat[copy] += after - before[copy]));
}

/** `½ Σ m v²` of each copy. */
function kineticOf({ copies, velocities, masses }: DynamicsState): Float64Array {
  const size = masses.length;
  return Float64Array.from({ length: copies }, (_, copy) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += 0.5 * masses[i] * velocities[copy * size + i] ** 2;
    return sum;
  });
}
