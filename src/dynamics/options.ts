import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Energy } from '../energies/energy.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { RandomStream, type Seed } from '../random.js';
import { formatShape, sameShape, sizeOf } from '../shapes.js';

/** Options of every simulation. */
export interface DynamicsOptions {
  /** Where copies of the system start: `[copies, ...eventShape]`, or their numbers one after the other. */
  readonly positions: Tensor | Float32Array | Float64Array;
  /** Their velocities, likewise. Default: drawn from the Maxwell-Boltzmann distribution, which takes `seed`. */
  readonly velocities?: Tensor | Float32Array | Float64Array | null;
  /** Mass of all coordinates, or of each one of an event. Kinetic energies `½ m v²` are in kT. Default: 1. */
  readonly masses?: number | ArrayLike<number>;
  /** Length of a step, in units of time: one is `√(m / kT)` for each unit of length. */
  readonly stepSize: number;
  /** Number of steps. */
  readonly steps: number;
  /** Steps from one frame to the next. Default: 1. */
  readonly every?: number;
  /** Seed of whatever is random. Default: 0. */
  readonly seed?: Seed;
}

/** What a simulation starts from, in double precision. */
export interface DynamicsState {
  readonly copies: number;
  readonly positions: Float64Array;
  readonly velocities: Float64Array;
  /** One a coordinate of an event. */
  readonly masses: Float64Array;
  readonly every: number;
  readonly stream: RandomStream;
}

/**
 * Checks the options, and copies where to start.
 *
 * @throws FlowShapeError for positions, velocities or masses that do not fit the energy.
 * @throws FlowConfigError for a step, a number of steps or a mass that is not positive.
 */
export function startOf(where: string, energy: Energy, options: DynamicsOptions): DynamicsState {
  const { stepSize, steps, every = 1, seed = 0, masses = 1 } = options;
  const refuse = (expected: string, got: unknown): never => {
    throw new FlowConfigError(where, { expected, got: String(got) });
  };
  if (!(stepSize > 0 && stepSize < Infinity)) refuse('stepSize: a positive number', stepSize);
  if (!Number.isInteger(steps) || steps < 1) refuse('steps: a positive whole number', steps);
  if (!Number.isInteger(every) || every < 1 || every > steps) refuse(`every: a whole number from 1 to ${steps}`, every);
  const size = sizeOf(energy.eventShape);
  const each = Float64Array.from({ length: size }, (_, i) => (typeof masses === 'number' ? masses : masses[i]));
  if (typeof masses !== 'number' && masses.length !== size) {
    throw new FlowShapeError(where, { expected: `${size} masses, one a coordinate`, got: `${masses.length}` });
  }
  const bad = each.find((mass) => !(mass > 0 && mass < Infinity));
  if (bad !== undefined) refuse('positive masses', bad);
  const stream = RandomStream.from(seed);
  const positions = numbersOf(where, 'positions', options.positions, energy);
  const velocities = options.velocities
    ? numbersOf(where, 'velocities', options.velocities, energy)
    : Float64Array.from(stream.split('velocities').normal(positions.length), (z, i) => z / Math.sqrt(each[i % size]));
  if (velocities.length !== positions.length) {
    throw new FlowShapeError(where, {
      expected: `${positions.length} velocities, as there are positions`,
      got: `${velocities.length}`,
    });
  }
  return { copies: positions.length / size, positions, velocities, masses: each, every, stream };
}

function numbersOf(
  where: string,
  name: string,
  given: Tensor | Float32Array | Float64Array,
  { eventShape }: Energy,
): Float64Array {
  if (given instanceof tf.Tensor && !sameShape(given.shape.slice(1), eventShape)) {
    throw new FlowShapeError(where, {
      expected: `${name} of shape [${['copies', ...eventShape].join(', ')}]`,
      got: formatShape(given.shape),
    });
  }
  const values = Float64Array.from(given instanceof tf.Tensor ? given.dataSync() : given);
  if (values.length === 0 || values.length % sizeOf(eventShape) !== 0) {
    throw new FlowShapeError(where, {
      expected: `${name} with a multiple of ${sizeOf(eventShape)} numbers`,
      got: `${values.length}`,
    });
  }
  return values;
}
