import * as tf from '@tensorflow/tfjs-core';
import { DoubleWell, MuellerBrown, RandomStream, toys, type Energy } from 'tfjs-flows';
import type { EnergyId } from '../catalogue/targets.js';
import { GRID, type Bounds, type TargetSpec } from '../protocol.js';
import { cellCentres } from './grid.js';
import { drawFromPicture } from './picture.js';
import { RingOfWells } from './ring-of-wells.js';

/** Rows to train on, and rows to judge by. */
const TRAINING_ROWS = 20_000;
const HELD_OUT_ROWS = 1_000;

/** A target, ready to be trained on. */
export interface Target {
  /** Draws of the target; of the standard normal base for an energy, which has none. */
  readonly rows: Float32Array;
  readonly heldOut: Float32Array;
  readonly bounds: Bounds;
  /** Mean `-log p` of the held-out rows under the target itself, or null. */
  readonly best: number | null;
  /** `log p` on the grid, or null. */
  readonly truth: Float32Array | null;
  readonly energy: Energy | null;
  /** `log ∫ exp(-u)` by quadrature over the bounds; 0 for data. */
  readonly logZ: number;
}

const SQUARE: Bounds = { x0: -4, x1: 4, y0: -4, y1: 4 };

/** Draws the rows, or sets the energy up. */
export function prepareTarget(spec: TargetSpec, seed: string): Target {
  const stream = new RandomStream(seed).split('target');
  switch (spec.kind) {
    case 'toy': {
      const toy = toys[spec.id];
      const heldOut = toy(HELD_OUT_ROWS, { seed: stream.split('held out') });
      const best = -mean(toy.logDensity(toy(4 * HELD_OUT_ROWS, { seed: stream.split('best') })));
      const truth = Float32Array.from(toy.logDensity(cellCentres(SQUARE)));
      return { ...fromData(toy(TRAINING_ROWS, { seed: stream }), heldOut), bounds: SQUARE, best, truth };
    }
    case 'energy':
      return fromEnergy(spec.id, stream);
    case 'picture': {
      const draw = (count: number, name: string) => drawFromPicture(spec, SQUARE, count, stream.split(name));
      return { ...fromData(draw(TRAINING_ROWS, 'rows'), draw(HELD_OUT_ROWS, 'held out')), bounds: SQUARE };
    }
    case 'table': {
      const order = stream.permutation(spec.rows.length / 2);
      const held = Math.min(HELD_OUT_ROWS, Math.ceil(order.length / 10));
      const [heldOut, rows] = [order.subarray(0, held), order.subarray(held)].map((part) => pick(spec.rows, part));
      return { ...fromData(rows, heldOut), bounds: boundsOf(spec.rows) };
    }
  }
}

function fromData(rows: Float32Array, heldOut: Float32Array) {
  return { rows, heldOut, best: null, truth: null, energy: null, logZ: 0 };
}

const ENERGY_BOUNDS: Record<EnergyId, Bounds> = {
  doubleWell: SQUARE,
  muellerBrown: { x0: -2.2, x1: 1.8, y0: -1.2, y1: 2.8 },
  ringOfWells: SQUARE,
};

function fromEnergy(id: EnergyId, stream: RandomStream): Target {
  const energy =
    id === 'doubleWell' ? new DoubleWell({ dims: 2 })
    : id === 'muellerBrown' ? new MuellerBrown({ scale: 0.05, offset: 146.7 })
    : new RingOfWells(); // prettier-ignore
  const bounds = ENERGY_BOUNDS[id];
  const centres = cellCentres(bounds);
  const energies = tf.tidy(
    () => energy.energy(tf.tensor2d(centres, [centres.length / 2, 2])).dataSync() as Float32Array,
  );
  const area = ((bounds.x1 - bounds.x0) * (bounds.y1 - bounds.y0)) / GRID ** 2;
  const logZ = Math.log(energies.reduce((sum, u) => sum + Math.exp(-u), 0) * area);
  const truth = Float32Array.from(energies, (u) => -u - logZ);
  const [rows, heldOut] = [TRAINING_ROWS, HELD_OUT_ROWS].map((count) => stream.split(count).normal(2 * count));
  return { rows, heldOut, bounds, best: null, truth, energy, logZ };
}

/** A box with all but the outermost rows and some room around them. */
function boundsOf(rows: Float32Array): Bounds {
  const range = (axis: 0 | 1): [number, number] => {
    const sorted = rows.filter((_, i) => i % 2 === axis).sort();
    const [low, high] = [0.005, 0.995].map((q) => sorted[Math.floor(q * (sorted.length - 1))]);
    const margin = 0.15 * (high - low) || 1;
    return [low - margin, high + margin];
  };
  const [[x0, x1], [y0, y1]] = [range(0), range(1)];
  return { x0, x1, y0, y1 };
}

function pick(rows: Float32Array, order: Int32Array): Float32Array {
  return Float32Array.from({ length: 2 * order.length }, (_, i) => rows[2 * order[i >> 1] + (i & 1)]);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
