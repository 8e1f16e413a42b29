import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { wrapAngle } from '../../elementwise/circle.js';
import { FlowConfigError } from '../../errors.js';
import { takeAlong } from '../../kernels/columns/op.js';
import type { Config } from '../../module.js';
import { lengths, subtractVectors, type Vectors } from '../../numerics/vectors3.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type Interval, type ValueAndLogDet } from '../bijector.js';
import { checkGeometry } from './check-geometry.js';
import { describeInternals, type MolecularCoordinate } from './coordinate-list.js';
import {
  applyPose,
  atomOf,
  componentsOf,
  POSE_SIZE,
  poseOf,
  stackComponents,
  type MolecularPlacement,
} from './pose.js';
import { logVolume, RowPlacement, turnBetween, type Internals } from './row-placement.js';
import { seedOf, type FullZMatrix } from './z-matrix.js';

/** Options of {@link InternalCoordinates}. */
export interface InternalCoordinatesOptions {
  /**
   * One row an atom, in any order: `[atom]`, `[atom, b]`, `[atom, b, c]` for the first three, `[atom, b, c, d]` for all others, with the bond
   * to `b`, the angle at `b` to `c`, and the torsion of atom-b-c-d.
   */
  readonly zMatrix: readonly (readonly number[])[];
  /** Whether position and orientation are coordinates. Default: `removed`. */
  readonly placement?: MolecularPlacement;
  /** Rigid bonds: `[atom, length in nm]` for rows whose bond is no coordinate. Default: none. */
  readonly fixedBonds?: readonly (readonly [atom: number, length: number])[];
  /** Where torsions are counted from: `[atom, radians]` for rows whose zero is elsewhere, as for those about π. Default: none. */
  readonly torsionOffsets?: readonly (readonly [atom: number, radians: number])[];
}

/** Angles and bonds lie here, and torsions may. */
const COMMON: Interval = [0, Math.PI];

/**
 * Molecules by bonds, angles and torsions: `forward` builds positions `[atoms, 3]` in nm from internal coordinates, `inverse`
 * measures them. A vector lists all bonds, then all angles in `[0, π]`, then all torsions in `(-π, π]`, each in the order of the rows;
 * `coordinates` says which is which, and `circular` which of them are torsions. With `placement: 'kept'` six numbers go first, a
 * position, a polar angle in `[0, π]`, an azimuth and a turn about it in `(-π, π]`.
 *
 * `log |det ∂x/∂q| = Σ (2 log r + log sin θ)` over all atoms after the first - plus, where the pose is kept, `log sin` of the polar
 * angle. Where it is removed, densities are those of shapes: molecules turned and shifted count as one, and a
 * normaliser of all positions is larger by the volume of the box and `8π²`. Molecules are then built with the first atom at the origin, the second
 * along x and the third in the half-plane of positive y.
 *
 * With rigid bonds, `inverse` takes no notice of what they measure, and densities are those of the other coordinates, with the same
 * volume element.
 *
 * Coordinates have different domains; `domainIn` is what these have in common. In float32, angles below 10⁻⁷ count as that.
 *
 * Source: Noé et al., "Boltzmann generators", 2019, supplement A.
 *
 * @cost forward: formula; inverse: formula
 *
 * @example
 * const coordinates = new InternalCoordinates({ zMatrix: AlanineDipeptide.zMatrix });
 * const [q, logDet] = coordinates.inverseAndLogDet(positions); // [batch, 60]
 */
export class InternalCoordinates extends Bijector {
  static override readonly className = 'InternalCoordinates';
  static override readonly samples = [
    () => new InternalCoordinates({ zMatrix: [[0], [3, 1, 0, 2], [1, 0], [2, 0, 1]], placement: 'kept' }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly domainIn = COMMON;
  /** What each number is, and of which atoms. */
  readonly coordinates: readonly MolecularCoordinate[];
  /** Which numbers are torsions or other angles of the whole circle. */
  readonly circular: readonly number[];
  readonly #zMatrix: FullZMatrix;
  readonly #rows: RowPlacement;
  readonly #placement: MolecularPlacement;
  /** Bonds in the order of rows, second and third atom first: those that are coordinates, and lengths of those that are not. */
  readonly #free: readonly number[];
  readonly #fixed: readonly number[];
  readonly #lengths: Tensor | null;
  /** Of torsions, `[1, rows]`; null where all are zero. */
  readonly #offsets: Tensor | null;
  readonly #options: InternalCoordinatesOptions;

  /**
   * @throws FlowConfigError for rows that do not place every atom once, that refer to each other in a circle or to atoms that are not
   * there, and for lengths of bonds that do not exist or are not positive.
   */
  constructor(options: InternalCoordinatesOptions) {
    super();
    const where = 'InternalCoordinates';
    const { zMatrix, placement = 'removed', fixedBonds = [], torsionOffsets = [] } = options;
    checkPlacement(where, placement);
    this.#zMatrix = seedOf(`${where}.zMatrix`, zMatrix);
    const { seed, rows, thirdOnSecond } = this.#zMatrix;
    this.#rows = new RowPlacement(`${where}.zMatrix`, seed, rows, (name, matrix) => this.constant(name, matrix));
    this.#placement = placement;
    const offsets = torsionOrigins(`${where}.torsionOffsets`, rows.map(([atom]) => atom), torsionOffsets); // prettier-ignore
    this.#offsets = offsets && this.constant('offsets', tf.tensor2d([offsets]));
    const [first, second, third] = seed;
    const bonded: (readonly number[])[] = [
      [second, first],
      thirdOnSecond ? [third, second, first] : [third, first, second],
      ...rows,
    ];
    const lengthOf = fixedLengths(`${where}.fixedBonds`, bonded.map(([atom]) => atom), fixedBonds); // prettier-ignore
    this.#free = bonded.flatMap((_, i) => (lengthOf[i] === null ? [i] : []));
    this.#fixed = bonded.flatMap((_, i) => (lengthOf[i] === null ? [] : [i]));
    const fixed = lengthOf.filter((length) => length !== null);
    this.#lengths = fixed.length > 0 ? this.constant('lengths', tf.tensor2d(fixed, [1, fixed.length])) : null;
    this.coordinates = describeInternals(this.#free.map((i) => bonded[i]), bonded, placement === 'kept' ? seed : null); // prettier-ignore
    this.circular = this.coordinates.flatMap(({ circular }, i) => (circular ? [i] : []));
    this.eventShapeIn = [this.coordinates.length];
    this.eventShapeOut = [zMatrix.length, 3];
    this.#options = options;
  }

  /**
   * Looks at data for molecules that have no internal coordinates. Nothing is taken from them.
   *
   * @throws FlowDataError naming rows and atoms, where atoms that are bound to each other meet, or three of a row are in a line.
   */
  override initialize(data: Tensor, _context: Tensor | null = null): void {
    const { seed, rows, thirdOnSecond } = this.#zMatrix;
    const [first, second, third] = seed;
    const third3 = thirdOnSecond ? [third, second, first] : [third, first, second];
    checkGeometry('InternalCoordinates.initialize', data, [[second, first], third3, ...rows]);
  }

  protected override mapForward(q: Tensor): ValueAndLogDet {
    const { pose, bonds, angles, torsions } = this.#split(q);
    const { thirdOnSecond } = this.#zMatrix;
    const [r1, r2, angle] = [column(bonds, 0), column(bonds, 1), column(angles, 0)];
    const zero = tf.zerosLike(r1);
    const [across, along] = [tf.mul(r2, tf.sin(angle)), tf.mul(r2, tf.cos(angle))];
    const thirdX = thirdOnSecond ? tf.sub(r1, along) : along;
    const seed: Vectors = [
      tf.concat([zero, r1, thirdX], 1),
      tf.concat([zero, zero, across], 1),
      tf.concat([zero, zero, zero], 1),
    ];
    const own = this.#rows.place(seed, {
      bonds: rest(bonds, 2),
      angles: rest(angles, 1),
      torsions: this.#fromZero(torsions),
    });
    const logDet = logVolume(bonds, angles);
    if (!pose) return [stackComponents(own), logDet];
    const placed = applyPose(own, pose);
    return [stackComponents(placed.atoms), tf.add(logDet, placed.logDet)];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const atoms = componentsOf(x);
    const { seed, thirdOnSecond } = this.#zMatrix;
    const [first, second, third] = seed.map((atom) => atomOf(atoms, atom));
    const [middle, end] = thirdOnSecond ? [second, first] : [first, second];
    const [toMiddle, toEnd] = [subtractVectors(middle, third), subtractVectors(end, middle)];
    const measured = this.#rows.measure(atoms);
    const bonds = tf.concat([lengths(toEnd), lengths(toMiddle), ...listOf(measured?.bonds)], 1);
    const angles = tf.concat([turnBetween(toMiddle, toEnd), ...listOf(measured?.angles)], 1);
    const own = this.#lengths ? takeAlong(bonds, this.#free, 1) : bonds;
    const volume = tf.neg(logVolume(this.#lengths ? this.#withFixed(own) : bonds, angles));
    const internal = [
      ...(own.size > 0 ? [own] : []),
      angles,
      ...listOf(measured && this.#fromOrigin(measured.torsions)),
    ];
    if (this.#placement === 'removed') return [tf.concat(internal, 1), volume];
    const { pose, logDet } = poseOf(atoms, seed);
    return [tf.concat([pose, ...internal], 1), tf.sub(volume, logDet)];
  }

  override getConfig(): Config {
    return { ...this.#options };
  }

  #split(q: Tensor): Internals & { readonly pose: Tensor | null } {
    const [batch] = q.shape;
    const count = this.#rows.rows.length;
    const sizes = [this.#placement === 'kept' ? POSE_SIZE : 0, this.#free.length, count + 1, count];
    let from = 0;
    const [pose, bonds, angles, torsions] = sizes.map((size) => {
      from += size;
      return size > 0 ? tf.slice(q, [0, from - size], [batch, size]) : tf.zeros([batch, 0]);
    });
    return { pose: sizes[0] > 0 ? pose : null, bonds: this.#withFixed(bonds), angles, torsions };
  }

  #fromZero(torsions: Tensor): Tensor {
    return this.#offsets ? tf.add(torsions, this.#offsets) : torsions;
  }

  #fromOrigin(torsions: Tensor): Tensor {
    return this.#offsets ? wrapAngle(tf.sub(torsions, this.#offsets)) : torsions;
  }

  /** All bonds, in the order of rows. */
  #withFixed(free: Tensor): Tensor {
    if (!this.#lengths) return free;
    const [batch] = free.shape;
    const fixed = tf.add(tf.zeros([batch, this.#fixed.length]), this.#lengths);
    const both = free.size > 0 ? tf.concat([free, fixed], 1) : fixed;
    const order = [...this.#free, ...this.#fixed];
    return takeAlong(both, order.map((_, i) => order.indexOf(i)), 1); // prettier-ignore
  }
}

/** @throws FlowConfigError for another kind of placement. */
export function checkPlacement(where: string, placement: MolecularPlacement): void {
  if (placement === 'removed' || placement === 'kept') return;
  throw new FlowConfigError(`${where}.placement`, {
    expected: "'removed' or 'kept'",
    got: `'${String(placement)}'`,
  });
}

function fixedLengths(
  where: string,
  atoms: readonly number[],
  fixed: readonly (readonly [atom: number, length: number])[],
): (number | null)[] {
  for (const [atom, length] of fixed) {
    if (atoms.includes(atom) && length > 0 && length < Infinity) continue;
    throw new FlowConfigError(where, {
      expected: 'positive lengths of bonds of atoms after the first',
      got: `${length} for atom ${atom}`,
    });
  }
  return atoms.map((atom) => fixed.find(([own]) => own === atom)?.[1] ?? null);
}

function torsionOrigins(
  where: string,
  atoms: readonly number[],
  offsets: readonly (readonly [atom: number, radians: number])[],
): number[] | null {
  for (const [atom, radians] of offsets) {
    if (atoms.includes(atom) && Number.isFinite(radians)) continue;
    throw new FlowConfigError(where, {
      expected: 'angles for atoms with a torsion',
      got: `${radians} for atom ${atom}`,
    });
  }
  return offsets.length === 0 ? null : atoms.map((atom) => offsets.find(([own]) => own === atom)?.[1] ?? 0);
}

function column(values: Tensor, i: number): Tensor {
  return tf.slice(values, [0, i], [-1, 1]);
}

function rest(values: Tensor, from: number): Tensor {
  return tf.slice(values, [0, from], [-1, -1]);
}

function listOf(tensor: Tensor | null | undefined): Tensor[] {
  return tensor ? [tensor] : [];
}
