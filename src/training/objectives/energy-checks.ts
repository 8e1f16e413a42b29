import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import { Energy } from '../../energies/energy.js';
import { RegularizedEnergy } from '../../energies/regularized-energy.js';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import { Flow } from '../../flows/flow.js';
import { formatShape, sameShape, sizeOf } from '../../shapes.js';
import type { RandomStream } from '../../random.js';
import type { BatchTensors } from '../data/table.js';
import type { Diagnosis } from '../diagnosis.js';

/** Rows that a message lists. */
const LISTED = 10;

/** @throws FlowConfigError for what is no energy. */
export function checkEnergy(where: string, energy: Energy): Energy {
  if (energy instanceof Energy) return energy;
  throw new FlowConfigError(`${where}.energy`, {
    expected: 'an Energy',
    got: typeof energy,
    hint: 'A density p is the energy `new FlowEnergy({ flow: p })`.',
  });
}

/** @throws FlowConfigError for temperatures that are not positive numbers, or none of them. */
export function checkTemperatures(where: string, temperatures: readonly number[] | null): readonly number[] | null {
  if (temperatures === null) return null;
  const list = Array.isArray(temperatures) ? (temperatures as readonly number[]) : [];
  if (list.length > 0 && list.every((value) => value > 0 && value < Infinity)) return list;
  throw new FlowConfigError(`${where}.temperatures`, {
    expected: 'a list of positive numbers',
    got: Array.isArray(temperatures) ? `[${list.join(', ')}]` : typeof temperatures,
  });
}

/** The energy without its cut: what weights take. */
export function uncut(energy: Energy): Energy {
  return energy instanceof RegularizedEnergy ? uncut(energy.uncut) : energy;
}

/**
 * Whether a model can be trained on an energy.
 *
 * @throws FlowShapeError when they have other events, or a flow of temperatures takes another context than one number.
 * @throws FlowConfigError when the model takes a context and there are no temperatures, or the other way round.
 */
export function checkEvents(where: string, model: Distribution, energy: Energy, tempered: boolean): void {
  const { eventShape, contextShape, className } = model;
  if (!sameShape(eventShape, energy.eventShape)) {
    throw new FlowShapeError(where, {
      expected: `an energy of events of shape ${formatShape(eventShape)}, as the ${className} draws`,
      got: formatShape(energy.eventShape),
    });
  }
  if (tempered !== (contextShape !== null)) {
    throw new FlowConfigError(where, {
      expected: tempered ? 'a model that takes a context, the temperature' : 'a model without contexts',
      got: tempered ? `a ${className} without` : `a ${className} with one`,
      hint: 'A context is the temperature: give `temperatures` to the objective.',
    });
  }
  if (contextShape && sizeOf(contextShape) !== 1) {
    throw new FlowShapeError(where, {
      expected: 'a model with contexts of shape [1], the temperature',
      got: formatShape(contextShape),
    });
  }
}

/**
 * A flow whose base can be drawn from once and for all.
 *
 * @throws FlowConfigError for a model that is no flow, or a base that is trained.
 */
export function checkFlow(where: string, model: Distribution): Flow {
  if (!(model instanceof Flow)) {
    throw new FlowConfigError(where, { expected: 'a Flow', got: `a ${model.className}` });
  }
  if (model.base.parameters.some(({ trainable }) => trainable)) {
    throw new FlowConfigError(where, {
      expected: 'a flow whose base is not trained',
      got: `a ${model.base.className} with trainable parameters`,
      hint: 'Set `base.trainable = false`; an Affine next to the base is trained in its place.',
    });
  }
  return model;
}

/** `u(x) / τ`, `[rows]`. */
export function reducedEnergy(energy: Energy, x: Tensor, temperature: Tensor | null): Tensor {
  const u = energy.energy(x);
  return temperature ? tf.div(u, tf.reshape(temperature, [x.shape[0]])) : u;
}

/**
 * The rows whose energy is not finite.
 *
 * @param draw makes the rows `[rows, ...eventShape]`
 */
export async function badEnergies(energy: Energy, draw: () => Tensor): Promise<Diagnosis | null> {
  const found = tf.tidy(() => {
    const x = draw();
    return [energy.energy(x), tf.clone(x)];
  });
  const [values, x] = await Promise.all(found.map((tensor) => tensor.data()));
  tf.dispose(found);
  const width = x.length / values.length;
  const rows = [...values.keys()].filter((row) => {
    return !Number.isFinite(values[row]) && x.subarray(row * width, (row + 1) * width).every(Number.isFinite);
  });
  if (rows.length === 0) return null;
  const listed = rows.slice(0, LISTED).map((row) => `${values[row]} at row ${row}`);
  const more = rows.length > LISTED ? `, and ${rows.length - LISTED} more` : '';
  const [row] = rows;
  return { got: `energies of ${energy.className} that are not: ${listed.join('; ')}${more}`, path: null, row, value: values[row] }; // prettier-ignore
}

/** An objective under the name that checkpoints know it by. */
export function named<T extends object>(
  name: string,
  objective: ObjectiveFunction,
  properties: T,
): ObjectiveFunction & T {
  return Object.assign(Object.defineProperty(objective, 'name', { value: name }), properties);
}

type ObjectiveFunction = (model: Distribution, batch: BatchTensors, stream: RandomStream) => Tensor;
