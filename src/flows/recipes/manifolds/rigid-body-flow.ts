import { Chain } from '../../../bijectors/chain.js';
import { RigidBodyCoupling, type BodyPart } from '../../../bijectors/rigid/rigid-body-coupling.js';
import { BodyTransformer } from '../../../conditioners/bodies/body-transformer.js';
import type { Box } from '../../../conditioners/bodies/body-view.js';
import type { Distribution } from '../../../distributions/distribution.js';
import { UniformBodies } from '../../../distributions/uniform-bodies.js';
import { ElementwiseAffine } from '../../../elementwise/elementwise-affine.js';
import type { ElementwiseTransform } from '../../../elementwise/elementwise-transform.js';
import { Moebius } from '../../../elementwise/moebius.js';
import { FlowConfigError } from '../../../errors.js';
import { RandomStream, type Seed } from '../../../random.js';
import { FibreSpline } from '../../../spheres/fibre-spline.js';
import type { SphereTransform } from '../../../spheres/sphere-transform.js';
import { SymmetrizedMoebius } from '../../../spheres/symmetrized-moebius.js';
import { contextOfLayers, type ConditioningOptions } from '../conditioning.js';
import { Flow } from '../../flow.js';
import { sizesOf, type Preset } from '../images/image-recipe.js';
import { checkPositive } from '../recipe.js';

/** Options of {@link rigidBodyFlow}. */
export interface RigidBodyFlowOptions extends ConditioningOptions {
  /** Number of bodies. */
  readonly bodies: number;
  /** Lengths of the periodic box; null for free space, with a `base`. */
  readonly box: Box | null;
  /** Auxiliary numbers of each body, which give positions something but positions to depend on. Default: 0. */
  readonly auxiliaries?: number;
  /** Leave the first body in its place, so that the flow does not move all of them alike. Default: true with more than one body. */
  readonly fixFirst?: boolean;
  /** `moebius` (default): {@link SymmetrizedMoebius}; `spline`: {@link FibreSpline}, of 8 bins, with more freedom and parameters. */
  readonly rotations?: 'moebius' | 'spline';
  /** Tell the bodies apart, as the sites of a crystal are. Default: true. */
  readonly distinguishable?: boolean;
  /** Networks look at positions relative to each other alone. Default: false. */
  readonly relative?: boolean;
  /** Sizes to start from; options given beside it replace its own. Default: `paper`. */
  readonly preset?: Preset;
  /** Number of blocks, each of which moves auxiliary numbers, if any, positions and rotations. */
  readonly blocks?: number;
  /** Transformer blocks of each network. */
  readonly depth?: number;
  /** Entries of a body inside of the networks. */
  readonly width?: number;
  /** Heads of each attention, a divisor of the width. */
  readonly heads?: number;
  /** Default: {@link UniformBodies} in the box. {@link EinsteinCrystal} suits a crystal. */
  readonly base?: Distribution;
  /** Seed of weights. Default: 0. */
  readonly seed?: Seed;
}

const PRESETS = {
  paper: { blocks: 4, depth: 2, width: 32, heads: 8 },
  small: { blocks: 2, depth: 1, width: 16, heads: 4 },
};

/**
 * A flow of rigid bodies, `[bodies, 7 + auxiliaries]`: position, rotation as a unit quaternion `(w, x, y, z)` and auxiliary numbers of
 * each. Blocks of {@link RigidBodyCoupling} move positions given rotations - on circles in a periodic box, by affine maps in free space -
 * and rotations given positions, by odd maps, with a {@link BodyTransformer} for each. It is periodic in the box,
 * and the same for `q` and `-q` of any body, as far as the base is. Positions are moved closed both ways, rotations too.
 * It starts near the base.
 *
 * Presets: `paper` has 4 blocks, transformers of depth 2, width 32, 8 heads; `small` has 2 blocks of depth 1, width 16, 4 heads.
 *
 * Source: Köhler, Invernizzi, de Haan, Noé, "Rigid body flows for sampling molecular crystal structures", 2023, section 5.
 *
 * @cost density: one pass; sample: one pass
 * @domain rigid bodies `[bodies, 7]`: positions in a periodic box, unit quaternions
 *
 * @throws FlowConfigError for sizes that are not positive integers, a box that is none, free space without a base, or nothing to move.
 *
 * @example
 * const base = new EinsteinCrystal({ sites, spread: 0.01, orientations, rotationSpread: 0.1, box });
 * const flow = rigidBodyFlow({ bodies: 16, box, base });
 */
export function rigidBodyFlow(options: RigidBodyFlowOptions): Flow {
  const { bodies, box = null, auxiliaries = 0, embedding = null, preset, seed = 0 } = options;
  const sizes = sizesOf('rigidBodyFlow', PRESETS, preset);
  const { blocks = sizes.blocks, fixFirst = bodies > 1 } = options;
  checkPositive('rigidBodyFlow', 'bodies', bodies);
  checkPositive('rigidBodyFlow', 'blocks', blocks);
  const contextShape = contextOfLayers('rigidBodyFlow', options);
  const { depth = sizes.depth, width = sizes.width, heads = sizes.heads, distinguishable, relative } = options;
  const maps = mapsOf(box, options.rotations);
  const parts: BodyPart[] = ['auxiliary', 'positions', 'rotations'];
  // One body alone in its place has no position to move.
  const moved = parts.filter((part) => (part !== 'auxiliary' || auxiliaries > 0) && (part !== 'positions' || !fixFirst || bodies > 1)); // prettier-ignore
  const stream = RandomStream.from(seed).split('rigidBodyFlow');
  const bijectors = Array.from({ length: blocks }, (_, block) =>
    moved.map((moves) => {
      const network = { depth, width, heads, distinguishable, relative, contextShape, seed: stream.split(`${block}.${moves}`) }; // prettier-ignore
      return new RigidBodyCoupling({
        bodies,
        auxiliaries,
        box,
        moves,
        moved: moves === 'positions' && fixFirst ? Array.from({ length: bodies }, (_unused, i) => i > 0) : null,
        transform: maps[moves],
        conditioner: (request) => new BodyTransformer({ ...request, ...network }),
      });
    }),
  ).flat();
  const base = options.base ?? uniformIn(box, bodies, auxiliaries);
  return new Flow({ base, bijector: new Chain({ bijectors }), embedding });
}

/** What moves each part of a body. */
function mapsOf(
  box: Box | null,
  rotations: string = 'moebius',
): Record<BodyPart, ElementwiseTransform | SphereTransform> {
  if (rotations !== 'moebius' && rotations !== 'spline') {
    throw new FlowConfigError('rigidBodyFlow.rotations', { expected: "'moebius' or 'spline'", got: `'${rotations}'` });
  }
  return {
    auxiliary: new ElementwiseAffine(),
    positions: box ? new Moebius({ components: 1 }) : new ElementwiseAffine(),
    rotations: rotations === 'spline' ? new FibreSpline() : new SymmetrizedMoebius({ dims: 4 }),
  };
}

function uniformIn(box: Box | null, bodies: number, auxiliaries: number): UniformBodies {
  if (box) return new UniformBodies({ bodies, box, auxiliaries });
  throw new FlowConfigError('rigidBodyFlow', {
    expected: '`base`, or a `box` for bodies to be uniform in',
    got: 'neither',
    hint: 'EinsteinCrystal has bodies about sites in free space.',
  });
}
