import type { ConditionerRequest } from '../../../bijectors/conditioner-request.js';
import { alternatingMask, Coupling } from '../../../bijectors/coupling.js';
import type { ActivationName } from '../../../conditioners/activation.js';
import { MLP } from '../../../conditioners/mlp.js';
import { Uniform } from '../../../distributions/uniform.js';
import { BumpMixture } from '../../../elementwise/bump-mixture.js';
import { CircularBumpMixture } from '../../../elementwise/circular-bump-mixture.js';
import { FlowConfigError } from '../../../errors.js';
import type { Interval } from '../../../interval.js';
import type { Seed } from '../../../random.js';
import type { Shape } from '../../../shapes.js';
import type { Flow } from '../../flow.js';
import { sizesOf, type Preset } from '../images/image-recipe.js';
import { assembleFlow, type Mixing } from '../recipe.js';

/** Options of {@link smoothFlow}. */
export interface SmoothFlowOptions {
  /** Number of coordinates of one event, at least 2. */
  readonly dims: number;
  /** `torus` (default): angles in radians, in [-π, π]. An interval: every coordinate lies in it. */
  readonly domain?: 'torus' | Interval;
  /** Sizes to start from; options given beside it replace its own. Default: `paper`. */
  readonly preset?: Preset;
  /** Number of coupling layers. */
  readonly layers?: number;
  /** Bumps of each scalar map. */
  readonly components?: number;
  /** Exponent of their ramps, between 0.5 and 2. Default: 1. */
  readonly exponent?: number;
  /** Widths of the hidden layers of each conditioner. */
  readonly hidden?: readonly number[];
  /** One that has derivatives of every order. Default: `silu`. */
  readonly activation?: ActivationName;
  /** What stands between two layers. Default: `permutation` for more than two coordinates, else `none`. */
  readonly mixing?: 'none' | 'reverse' | 'permutation';
  /** Shape of one context, for a conditional flow. Default: none. */
  readonly contextShape?: Shape | null;
  /** Seed of weights and permutations. Default: 0. */
  readonly seed?: Seed;
}

const PRESETS: Readonly<Record<Preset, Required<Pick<SmoothFlowOptions, 'layers' | 'components' | 'hidden'>>>> = {
  paper: { layers: 4, components: 40, hidden: [100, 100] },
  small: { layers: 4, components: 12, hidden: [32, 32] },
};

/** Activations with a jump in some derivative. */
const ROUGH: readonly ActivationName[] = ['relu', 'leakyRelu', 'elu'];

/**
 * Smooth normalizing flow on a hypertorus or a box: coupling layers of mixtures of smooth bumps over a uniform base. Its
 * density has derivatives of every order, so that its forces can be trained on (`forceMatching`) and followed by molecular
 * dynamics (`FlowEnergy`, `velocityVerlet`). On the torus conditioners see cosines and sines, and nothing shows where the
 * circles are cut; on a box it is smooth up to the walls.
 *
 * Published sizes (`paper`, those of the two-dimensional examples): 40 bumps, hidden [100, 100], SiLU, trained by Adam at
 * 5e-4 in batches of 1,000. `small`: 12 bumps, hidden [32, 32]. Both: 4 layers. It starts as almost uniform.
 *
 * Source: Köhler, Krämer, Noé, "Smooth normalizing flows", 2021.
 *
 * @cost density: one pass; sample: numeric (a search a layer)
 * @domain angles in [-π, π], or a box
 * @throws FlowConfigError for fewer than two coordinates, sizes that are not positive integers, an empty interval, or an
 * activation that is not smooth.
 *
 * @example
 * const flow = smoothFlow({ dims: 2, preset: 'small' });
 * await fit(flow, { x: angles, targets: forces }, { objective: forceMatching({ forces: 1e-3 }) });
 */
export function smoothFlow(options: SmoothFlowOptions): Flow {
  const { dims, domain = 'torus', exponent = 1, activation = 'silu', contextShape = null, seed = 0 } = options;
  const sizes = sizesOf('smoothFlow', PRESETS, options.preset);
  const { layers = sizes.layers, components = sizes.components, hidden = sizes.hidden } = options;
  const mixing: Mixing = options.mixing ?? (dims > 2 ? 'permutation' : 'none');
  if (!(Number.isInteger(dims) && dims >= 2)) {
    throw new FlowConfigError('smoothFlow', { expected: 'dims: a whole number, at least 2', got: String(dims) });
  }
  if (ROUGH.includes(activation)) {
    throw new FlowConfigError('smoothFlow.activation', {
      expected: 'one with derivatives of every order, such as silu',
      got: activation,
    });
  }
  const onTorus = domain === 'torus';
  const [low, high] = onTorus ? [-Math.PI, Math.PI] : domain;
  const transform = onTorus
    ? new CircularBumpMixture({ components, exponent })
    : new BumpMixture({ components, exponent, interval: domain });
  const base = new Uniform({ eventShape: [dims], low, high });
  const assembled = { dims, layers, mixing, base, seed, standardize: false };
  return assembleFlow('smoothFlow', assembled, (index, own) => {
    const conditioner = (request: ConditionerRequest) =>
      new MLP({ ...request, hidden, activation, contextShape, seed: own });
    return new Coupling({ mask: alternatingMask(dims, (index % 2) as 0 | 1), transform, conditioner });
  });
}
