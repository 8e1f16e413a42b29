import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  InternalCoordinates,
  type InternalCoordinatesOptions,
} from '../../../bijectors/molecular/internal-coordinates.js';
import type { Bijector } from '../../../bijectors/bijector.js';
import { OnCoordinates } from '../../../bijectors/on-coordinates.js';
import { Standardize } from '../../../bijectors/standardize.js';
import { Whitening } from '../../../bijectors/whitening.js';
import { CircularRationalQuadraticSpline } from '../../../elementwise/circular-rational-quadratic-spline.js';
import { FlowConfigError } from '../../../errors.js';
import { circularFlow, type CircularFlowOptions } from './circular-recipe.js';
import type { Flow } from '../../flow.js';

/** Options of {@link moleculeFlow}. */
export interface MoleculeFlowOptions
  extends
    Omit<CircularFlowOptions, 'dims' | 'circular' | 'standardize' | 'base'>,
    Pick<InternalCoordinatesOptions, 'zMatrix' | 'fixedBonds'> {
  /** Molecules from which scales are taken, `[rows, atoms, 3]` in nm. */
  readonly data?: Tensor;
  /** One molecule instead, coordinates in nm atom by atom: values go on from there by the spread that force fields give at 300 K. */
  readonly reference?: ArrayLike<number>;
  /** Atoms whose torsions go all round. Default: those that do in the data; with a reference, the first proper torsion about each bond. */
  readonly freeTorsions?: readonly number[];
}

/** Without data: deviations in nm of bonds, and in radians of angles and of torsions that do not go round. */
const TYPICAL = { bond: 0.004, angle: 0.08, torsion: 0.2 } as const;
/** Torsions of a larger deviation go all round: a quarter of a turn is then no outlier. */
const FREE = 0.4;
/** Data from which scales are taken. */
const ROWS = 20_000;

/**
 * A Boltzmann generator for one molecule: coupling layers on internal coordinates, and from these to positions `[atoms, 3]` in nm. Torsions that
 * go all round are moved by circular splines over a uniform base, and seen by networks as cosine and sine; bonds, angles
 * and torsions that stay about one value, such as improper ones, by rational-quadratic splines on
 * `[-tailBound, tailBound]` deviations over a normal base.
 *
 * Densities are of shapes: see {@link InternalCoordinates}. Improper torsions stay on their side, so that a chiral centre described by
 * one keeps the form it has in the data.
 *
 * Defaults: 8 layers, hidden [128, 128], 8 bins; with data, correlations of what does not go round are taken out by a `Whitening`.
 *
 * Sources: Noé et al., "Boltzmann generators", 2019; Midgley et al., "Flow annealed importance sampling bootstrap", 2023, appendix, for
 * uniform bases on circles and scales.
 *
 * @domain molecules [atoms, 3]
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError without data or a reference, for a Z-matrix that places no molecule, or for options out of range.
 * @throws FlowDataError naming rows and atoms, where molecules have no internal coordinates.
 *
 * @example
 * const flow = moleculeFlow({ zMatrix: AlanineDipeptide.zMatrix, data });
 * await fit(flow, data, { steps: 5000 });
 */
export function moleculeFlow(options: MoleculeFlowOptions): Flow {
  const { zMatrix, fixedBonds = [], data, reference, freeTorsions, layers = 8, hidden = [128, 128], ...rest } = options;
  if (!data === !reference) {
    throw new FlowConfigError('moleculeFlow', {
      expected: 'either `data` or `reference`, to take scales from',
      got: data ? 'both' : 'neither',
    });
  }
  const free = new Set(freeTorsions ?? (reference ? firstTorsions(zMatrix) : []));
  const known = data ?? moleculeOf(reference!, zMatrix.length);
  const statistics = measure({ zMatrix, fixedBonds }, known);
  if (known !== data) known.dispose();
  const each = statistics.map(({ kind, atoms, centre, deviation }) => {
    const spread = data ? deviation : TYPICAL[kind];
    const circular = kind === 'torsion' && (free.has(atoms[0]) || (data && !freeTorsions ? spread > FREE : false));
    return { kind, atom: atoms[0], centre, circular, spread: Math.max(spread, 1e-5) };
  });
  const offsets = each.flatMap(({ kind, atom, centre }): [number, number][] => kind === 'torsion' ? [[atom, centre]] : []); // prettier-ignore
  const coordinates = new InternalCoordinates({ zMatrix, fixedBonds, torsionOffsets: offsets });
  const scales = new Standardize({
    // Torsions count from their centre already.
    mean: each.map(({ kind, centre }) => (kind === 'torsion' ? 0 : centre)),
    std: each.map(({ circular, spread }) => (circular ? 1 : spread)),
  });
  const sized = {
    ...rest,
    layers,
    hidden,
    dims: each.length,
    circular: each.flatMap(({ circular }, i) => (circular ? [i] : [])),
    standardize: false,
  };
  const onCircle = new CircularRationalQuadraticSpline({ bins: options.bins ?? 8 });
  const straight = each.flatMap(({ circular }, i) => (circular ? [] : [i]));
  const whitening = data && straight.length > 1 ? [whiteningOf(straight, data, scales, coordinates)] : [];
  return circularFlow('moleculeFlow', sized, onCircle, [...whitening, scales, coordinates]);
}

/** What takes out the correlations, in the data, of scaled coordinates that do not go round. */
function whiteningOf(
  straight: readonly number[],
  data: Tensor,
  scales: Standardize,
  coordinates: InternalCoordinates,
): Bijector {
  const bijector = new Whitening({ dims: straight.length });
  const [dims] = scales.eventShapeIn;
  const whitening = straight.length === dims ? bijector : new OnCoordinates({ dims, coordinates: straight, bijector });
  tf.tidy(() => {
    const some = tf.slice(data, 0, Math.min(ROWS, data.shape[0]));
    coordinates.initialize(some);
    whitening.initialize(scales.inverse(coordinates.inverse(some)));
  });
  return whitening;
}

/** What one internal coordinate does. */
interface Statistic {
  readonly kind: 'bond' | 'angle' | 'torsion';
  readonly atoms: readonly number[];
  /** Mean; of torsions, the direction of the mean cosine and sine. */
  readonly centre: number;
  /** Standard deviation; of torsions `√(-2 log R)`, `R` the length of that mean. */
  readonly deviation: number;
}

function measure(options: InternalCoordinatesOptions, data: Tensor): Statistic[] {
  using bijector = new InternalCoordinates(options);
  const rows = Math.min(ROWS, data.shape[0]);
  const values = tf.tidy(() => {
    const some = tf.slice(data, 0, rows);
    bijector.initialize(some);
    return bijector.inverse(some).dataSync();
  });
  const dims = bijector.coordinates.length;
  return bijector.coordinates.map(({ kind, atoms, circular }, i) => {
    const mean = (of: (value: number) => number) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += of(values[row * dims + i]);
      return sum / rows;
    };
    const own = { kind: kind as Statistic['kind'], atoms };
    if (!circular) {
      const centre = mean((value) => value);
      return { ...own, centre, deviation: Math.sqrt(mean((value) => (value - centre) ** 2)) };
    }
    const [c, s] = [mean(Math.cos), mean(Math.sin)];
    return { ...own, centre: Math.atan2(s, c), deviation: Math.sqrt(-Math.log(Math.min(1, c * c + s * s))) };
  });
}

function moleculeOf(reference: ArrayLike<number>, atoms: number): Tensor {
  if (reference.length !== 3 * atoms) {
    throw new FlowConfigError('moleculeFlow.reference', {
      expected: `${3 * atoms} coordinates`,
      got: `${reference.length}`,
    });
  }
  return tf.tensor(Float32Array.from(reference), [1, atoms, 3]);
}

/**
 * Atoms with the first proper torsion about each bond; those after it, and improper ones, of which the last atom is bonded to the second, say how
 * siblings stand to each other.
 */
function firstTorsions(zMatrix: InternalCoordinatesOptions['zMatrix']): number[] {
  const key = (i: number, j: number) => [i, j].sort((a, b) => a - b).join();
  const bonded = new Set(zMatrix.flatMap(([atom, b]) => (b === undefined ? [] : [key(atom, b)])));
  const turned = new Set<string>();
  return zMatrix.flatMap(([atom, b, c, d]) => {
    if (d === undefined || bonded.has(key(b, d)) || turned.has(key(b, c))) return [];
    turned.add(key(b, c));
    return [atom];
  });
}
