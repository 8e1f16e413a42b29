import type { Bijector } from '../../../bijectors/bijector.js';
import { Chain } from '../../../bijectors/chain.js';
import { Invert } from '../../../bijectors/invert.js';
import { SphereMap } from '../../../bijectors/spheres/sphere-map.js';
import type { ActivationName } from '../../../conditioners/activation.js';
import { MLP } from '../../../conditioners/mlp.js';
import type { Distribution } from '../../../distributions/distribution.js';
import { UniformSphere } from '../../../distributions/uniform-sphere.js';
import { FlowConfigError } from '../../../errors.js';
import type { InversionOptions } from '../../../numerics/invert-monotone.js';
import { RandomStream, type Seed } from '../../../random.js';
import { FibreSpline } from '../../../spheres/fibre-spline.js';
import { ProjectiveConvexGradient } from '../../../spheres/projective-convex-gradient.js';
import { QuaternionProduct } from '../../../spheres/quaternion-product.js';
import type { SphereTransform } from '../../../spheres/sphere-transform.js';
import { SymmetrizedMoebius } from '../../../spheres/symmetrized-moebius.js';
import { contextOfLayers, type ConditioningOptions } from '../conditioning.js';
import { Flow } from '../../flow.js';
import { checkPositive } from '../recipe.js';

/** How far maps start from each other: were they all alike, densities with several peaks would lie beyond a long plateau. */
const START_NOISE = 0.4;

/** Maps of rotations that a flow can be made of. */
export type RotationMap = 'convex' | 'moebius' | 'spline';

/** Options of {@link rotationFlow}. `tolerance` and `maxSteps` are those of the direction without a formula. */
export interface RotationFlowOptions extends ConditioningOptions, InversionOptions {
  /**
   * `convex` (default): {@link ProjectiveConvexGradient}, smooth, one direction numeric. `spline`: {@link FibreSpline}, both directions
   * closed, sharper, with seams that the layers put in different places. `moebius`: {@link SymmetrizedMoebius}, both closed; without a
   * context any number of them is one angular central Gaussian.
   */
  readonly transform?: RotationMap;
  /** Number of maps. Default: 6. */
  readonly layers?: number;
  /** Norms in the potential of a `convex` map. Default: 8. */
  readonly components?: number;
  /** Bins of each spline of a `spline` map. Default: 8. */
  readonly bins?: number;
  /**
   * The direction of `convex` maps that has the formula. `inverse` (default): data → base, for densities of given rotations, as `fit` needs.
   * `forward`: base → data, for draws with their density, as training on an energy needs.
   */
  readonly direction?: 'forward' | 'inverse';
  /** Widths of the hidden layers of the network that emits a map's parameters from the context; unused without. Default: [64]. */
  readonly hidden?: readonly number[];
  /** Of these networks. Default: `silu`. */
  readonly activation?: ActivationName;
  /** Of the same density at `q` and `-q`. Default: uniform rotations. */
  readonly base?: Distribution;
  /** Seed of weights and of the rotations between maps. Default: 0. */
  readonly seed?: Seed;
}

/**
 * A flow of rotations, as unit quaternions `(w, x, y, z)`. All maps are odd, so that `p(-q) = p(q)`: a density of rotations, with respect
 * to the area of the sphere, `2π²` in all; `2π² p(q)` is that with respect to the Haar measure of total 1. Between two maps stands a
 * random rotation on each side, which costs nothing and gives them other axes; splines learn theirs.
 *
 * Defaults: 6 `convex` maps with 8 components, a uniform base. It starts near the base.
 *
 * Source: Köhler, Invernizzi, de Haan, Noé, "Rigid body flows for sampling molecular crystal structures", 2023, section 4.
 *
 * @cost density: formula; sample: numeric (Newton steps a `convex` map, a formula for others; `direction` turns it round)
 * @domain rotations, as unit quaternions `[4]`
 *
 * @throws FlowConfigError for sizes that are not positive integers, or an unknown kind of map or direction.
 *
 * @example
 * const flow = rotationFlow({ transform: 'spline' });
 * await fit(flow, quaternions, { epochs: 50 });
 */
export function rotationFlow(options: RotationFlowOptions = {}): Flow {
  const { transform = 'convex', layers = 6, direction = 'inverse', embedding = null, seed = 0 } = options;
  checkPositive('rotationFlow', 'layers', layers);
  checkOneOf('transform', transform, ['convex', 'moebius', 'spline']);
  checkOneOf('direction', direction, ['forward', 'inverse']);
  const contextShape = contextOfLayers('rotationFlow', options);
  const stream = RandomStream.from(seed).split('rotationFlow');
  const map = mapOf(transform, options);
  const bijectors = Array.from({ length: layers }, (_, i): Bijector[] => {
    const own = stream.split(`layer.${i}`);
    const layer = sphereMap(map, contextShape, options, own);
    const oriented = transform === 'convex' && direction === 'inverse' ? new Invert({ bijector: layer }) : layer;
    return i === 0 ? [oriented] : [turn(own.split('turn'), transform === 'spline'), oriented];
  }).flat();
  const base = options.base ?? new UniformSphere({ dims: 4 });
  return new Flow({ base, bijector: new Chain({ bijectors }), embedding });
}

function mapOf(kind: RotationMap, { components, bins, tolerance, maxSteps }: RotationFlowOptions): SphereTransform {
  if (kind === 'moebius') return new SymmetrizedMoebius({ dims: 4 });
  if (kind === 'spline') return new FibreSpline({ bins });
  return new ProjectiveConvexGradient({ dims: 4, components, tolerance, maxSteps });
}

/** A map with parameters of its own, or computed from the context. */
function sphereMap(
  transform: SphereTransform,
  contextShape: RotationFlowOptions['contextShape'],
  { hidden = [64], activation = 'silu' }: RotationFlowOptions,
  seed: RandomStream,
): SphereMap {
  const noise = seed.split('start').normal(transform.parameterCount);
  // Splines start alike, as the identity: the rotations between make them different.
  const initialOutput = transform.startParameters().map((value, i) => (transform instanceof FibreSpline ? value : value + START_NOISE * noise[i])); // prettier-ignore
  if (!contextShape) return new SphereMap({ transform, initialParameters: initialOutput });
  const outputs = initialOutput.length;
  const conditioner = new MLP({ inputs: 0, outputs, hidden, activation, contextShape, initialOutput, seed });
  return new SphereMap({ transform, conditioner });
}

function turn(seed: RandomStream, learned: boolean): SphereMap {
  const [left, right] = [seed.normal(4), seed.normal(4)].map((numbers) => [...numbers]);
  return new SphereMap({ transform: new QuaternionProduct({ left, right, learned }) });
}

function checkOneOf(option: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const expected = known.map((name) => `'${name}'`).join(' or ');
  throw new FlowConfigError(`rotationFlow.${option}`, { expected, got: `'${value}'` });
}
