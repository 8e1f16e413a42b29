import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import {
  cross,
  dot,
  lengths,
  scaleVectors,
  subtractVectors,
  unitVectors,
  type Vectors,
} from '../../numerics/vectors3.js';
import type { Shape } from '../../shapes.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';
import { Whitening, type PrincipalAxes, type WhiteningKind } from '../whitening.js';
import { checkGeometry } from './check-geometry.js';
import { coordinate, describePose, type MolecularCoordinate } from './coordinate-list.js';
import { checkPlacement } from './internal-coordinates.js';
import {
  applyPose,
  atomOf,
  componentsOf,
  POSE_SIZE,
  poseOf,
  stackComponents,
  type MolecularPlacement,
} from './pose.js';
import { logOf, logVolume, RowPlacement } from './row-placement.js';
import type { ZMatrixRow } from './z-matrix.js';

/** Options of {@link MixedCoordinates}. */
export interface MixedCoordinatesOptions {
  /** Atoms whose positions are coordinates, three or more; the first three, not in a line, say how the molecule is turned. */
  readonly block: readonly number[];
  /** Rows `[atom, b, c, d]` for all other atoms, in any order. */
  readonly zMatrix: readonly ZMatrixRow[];
  /** Whether position and orientation are coordinates. Default: `removed`. */
  readonly placement?: MolecularPlacement;
  /** How the block is whitened. Default: `pca`. */
  readonly whitening?: WhiteningKind;
  /** Mean and axes of the block in its own frame. Default: taken from the data passed to `initialize`. */
  readonly given?: PrincipalAxes | null;
}

/**
 * Molecules by the positions of a block of atoms, whitened, and internal coordinates of all others: `forward` builds positions
 * `[atoms, 3]` in nm, `inverse` takes them apart. A vector lists the `3 · block - 6` whitened numbers, then all bonds, angles and torsions of
 * the rows; with `placement: 'kept'` the six of the pose go first.
 *
 * The block is taken in a frame of its own - first atom at the origin, second along x, third in the half-plane of positive y - in which
 * its numbers are `x₂; x₃, y₃; x, y, z` of the others. `log |det J| = 2 log x₂ + log y₃ + Σ (2 log r + log sin θ)`,
 * the sum over rows, and what the whitening adds. It is exact, where whitening all `3 · block` positions and leaving six directions out, as was
 * published, has a determinant that depends on how data were aligned.
 *
 * Sources: Noé et al., "Boltzmann generators", 2019, supplement A; bgflow for the name.
 *
 * @cost forward: formula; inverse: formula
 *
 * @example
 * const { block, rows } = AlanineDipeptide.mixedZMatrix;
 * const coordinates = new MixedCoordinates({ block, zMatrix: rows });
 * coordinates.initialize(data); // mean and axes of the block
 */
export class MixedCoordinates extends Bijector {
  static override readonly className = 'MixedCoordinates';
  static override readonly samples = [
    () => new MixedCoordinates({ block: [1, 0, 3], zMatrix: [[2, 0, 1, 3]], placement: 'kept', given: { mean: [1, 0.3, 1.2], axes: [[0.6, 0.8, 0], [0.8, -0.6, 0], [0, 0, 1]], deviations: [0.2, 0.15, 0.1] } }), // prettier-ignore
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly domainIn = [0, Math.PI] as const;
  /** What each number is, and of which atoms. */
  readonly coordinates: readonly MolecularCoordinate[];
  /** Which numbers are torsions or other angles of the whole circle. */
  readonly circular: readonly number[];
  readonly #whitening: Whitening;
  readonly #rows: RowPlacement;
  readonly #options: Required<Pick<MixedCoordinatesOptions, 'block' | 'zMatrix' | 'placement'>>;
  readonly #config: Config;

  /** @throws FlowConfigError for a block of fewer than three atoms, or rows by which the others cannot be placed. */
  constructor({ block, zMatrix, placement = 'removed', whitening = 'pca', given = null }: MixedCoordinatesOptions) {
    super();
    checkPlacement('MixedCoordinates', placement);
    if (block.length < 3) {
      throw new FlowConfigError('MixedCoordinates.block', {
        expected: 'three atoms or more',
        got: `${block.length}`,
        hint: 'Without a block, use InternalCoordinates.',
      });
    }
    this.#rows = new RowPlacement('MixedCoordinates.zMatrix', block, zMatrix, (name, matrix) => this.constant(name, matrix)); // prettier-ignore
    this.#whitening = this.child('whitening', new Whitening({ dims: 3 * block.length - 6, kind: whitening, given }));
    const each = (kind: 'bond' | 'angle' | 'torsion', count: number) => zMatrix.map((row) => coordinate(kind, row.slice(0, count), kind === 'torsion')); // prettier-ignore
    this.coordinates = [
      ...(placement === 'kept' ? describePose(block.slice(0, 3)) : []),
      ...Array.from({ length: 3 * block.length - 6 }, () => coordinate('block', block)),
      ...each('bond', 2),
      ...each('angle', 3),
      ...each('torsion', 4),
    ];
    this.circular = this.coordinates.flatMap(({ circular }, i) => (circular ? [i] : []));
    this.eventShapeIn = [this.coordinates.length];
    this.eventShapeOut = [block.length + zMatrix.length, 3];
    this.#options = { block, zMatrix, placement };
    this.#config = { ...this.#options, whitening, given };
  }

  /**
   * Takes mean and axes of the block from data, unless they were given.
   *
   * @throws FlowDataError naming rows and atoms, where atoms that are bound to each other meet, or three of a row are in a line.
   */
  override initialize(data: Tensor, _context: Tensor | null = null): void {
    const { block, zMatrix } = this.#options;
    checkGeometry('MixedCoordinates.initialize', data, [[block[2], block[1], block[0]], ...zMatrix]);
    tf.tidy(() => this.#whitening.initialize(this.#inFrame(componentsOf(data)).numbers));
  }

  protected override mapForward(q: Tensor): ValueAndLogDet {
    const { block, zMatrix, placement } = this.#options;
    const sizes = [placement === 'kept' ? POSE_SIZE : 0, 3 * block.length - 6, ...[0, 1, 2].map(() => zMatrix.length)];
    let from = 0;
    const [pose, whitened, bonds, angles, torsions] = sizes.map((size) => {
      from += size;
      return tf.slice(q, [0, from - size], [-1, size]);
    });
    const [numbers, stretch] = this.#whitening.forwardAndLogDet(whitened);
    const column = (i: number) => tf.slice(numbers, [0, i], [-1, 1]);
    const [x1, x2, y2] = [column(0), column(1), column(2)];
    const zero = tf.zerosLike(x1);
    const others = (axis: number) => block.slice(3).map((_, k) => column(3 + 3 * k + axis));
    const seed: Vectors = [
      tf.concat([zero, x1, x2, ...others(0)], 1),
      tf.concat([zero, zero, y2, ...others(1)], 1),
      tf.concat([zero, zero, zero, ...others(2)], 1),
    ];
    const own = this.#rows.place(seed, { bonds, angles, torsions });
    const parts = [stretch, frameVolume(numbers), ...(zMatrix.length > 0 ? [logVolume(bonds, angles)] : [])];
    if (placement === 'removed') return [stackComponents(own), tf.addN(parts)];
    const placed = applyPose(own, pose);
    return [stackComponents(placed.atoms), tf.addN([...parts, placed.logDet])];
  }

  protected override mapInverse(x: Tensor): ValueAndLogDet {
    const atoms = componentsOf(x);
    const { block, placement } = this.#options;
    const { numbers } = this.#inFrame(atoms);
    const [whitened, stretch] = this.#whitening.inverseAndLogDet(numbers);
    const measured = this.#rows.measure(atoms);
    const internal = measured ? [measured.bonds, measured.angles, measured.torsions] : [];
    const volume = frameVolume(numbers);
    const total = measured ? tf.add(volume, logVolume(measured.bonds, measured.angles)) : volume;
    if (placement === 'removed') return [tf.concat([whitened, ...internal], 1), tf.sub(stretch, total)];
    const { pose, logDet } = poseOf(atoms, block);
    return [tf.concat([pose, whitened, ...internal], 1), tf.sub(stretch, tf.add(total, logDet))];
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** Positions of the block in its own frame, `[batch, 3 · block - 6]`. */
  #inFrame(atoms: Vectors): { numbers: Tensor } {
    const { block } = this.#options;
    const [first, second, third, ...others] = block.map((atom) => atomOf(atoms, atom));
    const [along, arm] = [subtractVectors(second, first), subtractVectors(third, first)];
    const e1 = unitVectors(along);
    const x2 = dot(arm, e1);
    const across = subtractVectors(arm, scaleVectors(e1, x2));
    const e2 = unitVectors(across);
    const e3 = cross(e1, e2);
    const rest = others
      .map((atom) => subtractVectors(atom, first))
      .flatMap((at) => [e1, e2, e3].map((e) => dot(at, e)));
    return { numbers: tf.concat([lengths(along), x2, lengths(across), ...rest], 1) };
  }
}

/** `2 log x₂ + log y₃`, `[batch]`. */
function frameVolume(numbers: Tensor): Tensor {
  const column = (i: number) => tf.slice(numbers, [0, i], [-1, 1]);
  return tf.reshape(tf.add(tf.mul(2, logOf(column(0))), logOf(column(2))), [-1]);
}
