import { drift, kick, kineticEnergy } from '../dynamics/splitting.js';
import type { RandomStream } from '../random.js';
import { DIVERGENCE } from './hmc.js';

/** A point of one trajectory. */
export interface PhasePoint {
  readonly x: Float64Array;
  readonly velocity: Float64Array;
  readonly energy: number;
  readonly force: Float64Array;
}

/** Energy and force at the positions that were asked for. */
export type Answer = Pick<PhasePoint, 'energy' | 'force'>;

/** A trajectory in progress: yields positions, is given their energies and forces, and returns where it ends. */
export type Trajectory = Generator<Float64Array, TrajectoryEnd, Answer>;

/** Where a trajectory leads to. */
export interface TrajectoryEnd {
  readonly point: PhasePoint;
  /** Mean of `min(1, e^{-ΔH})` over its points. */
  readonly acceptance: number;
  readonly divergent: boolean;
  /** Number of times it was doubled. */
  readonly depth: number;
}

/** What is the same all along a trajectory. */
export interface TrajectoryPlan {
  /** One a coordinate. */
  readonly masses: Float64Array;
  readonly stepSize: number;
  readonly maxDepth: number;
  readonly stream: RandomStream;
}

/** A stretch of a trajectory, from the point next to where it was begun to the one furthest away. */
interface Stretch {
  readonly near: PhasePoint;
  readonly far: PhasePoint;
  /** One of its points, drawn by their weights. */
  readonly chosen: PhasePoint;
  /** Logarithm of the sum of `e^{-ΔH}`. */
  readonly logWeight: number;
  /** Sum of the momenta. */
  readonly momentum: Float64Array;
}

interface Tally {
  sum: number;
  count: number;
  divergent: boolean;
}

/**
 * Doubles a trajectory, forwards or backwards in time at random, until it turns back on itself, and draws one of its points by
 * its weight `e^{-H}`: within the halves as they are, between the old part and the new one with a preference for the new.
 *
 * A part has turned back where the velocity at one of its ends points against the sum of its momenta; that is also
 * asked of each half together with the first point of the other.
 *
 * Sources: Hoffman and Gelman, 2014; Betancourt, "A conceptual introduction to Hamiltonian Monte Carlo", 2017, appendix A.
 */
export function* noUTurnTrajectory(start: PhasePoint, plan: TrajectoryPlan): Trajectory {
  const { masses, maxDepth, stream } = plan;
  const total = hamiltonian(start, masses);
  const tally: Tally = { sum: 0, count: 0, divergent: false };
  let [first, last, chosen] = [start, start, start];
  let logWeight = 0;
  let momentum = momentumOf(start, masses);
  let depth = 0;
  while (depth < maxDepth) {
    const forwards = stream.next() < 0.5;
    const direction = forwards ? 1 : -1;
    const added = yield* grow(forwards ? last : first, direction, depth, total, plan, tally);
    if (!added) break;
    depth++;
    if (Math.log(1 - stream.next()) < added.logWeight - logWeight) chosen = added.chosen;
    // The old part as a stretch that begins at its end away from the new one.
    const old: Stretch = { near: forwards ? first : last, far: forwards ? last : first, chosen, logWeight, momentum };
    [logWeight, momentum] = [logAdd(logWeight, added.logWeight), plus(momentum, added.momentum)];
    if (forwards) last = added.far;
    else first = added.far;
    if (hasTurned(old, added, momentum, masses)) break;
  }
  const acceptance = tally.count > 0 ? tally.sum / tally.count : 0;
  return { point: chosen, acceptance, divergent: tally.divergent, depth };
}

/** `2^depth` points further from an end; null when a part of them has turned back, or the energy is far off. */
function* grow(
  end: PhasePoint,
  direction: 1 | -1,
  depth: number,
  total: number,
  plan: TrajectoryPlan,
  tally: Tally,
): Generator<Float64Array, Stretch | null, Answer> {
  const { masses, stream } = plan;
  if (depth === 0) {
    const point = yield* leapfrog(end, direction * plan.stepSize, masses);
    const error = hamiltonian(point, masses) - total;
    tally.count++;
    tally.sum += Number.isNaN(error) ? 0 : Math.exp(Math.min(0, -error));
    if (!(error < DIVERGENCE)) {
      tally.divergent = true;
      return null;
    }
    return { near: point, far: point, chosen: point, logWeight: -error, momentum: momentumOf(point, masses) };
  }
  const inner = yield* grow(end, direction, depth - 1, total, plan, tally);
  if (!inner) return null;
  const outer = yield* grow(inner.far, direction, depth - 1, total, plan, tally);
  if (!outer) return null;
  const logWeight = logAdd(inner.logWeight, outer.logWeight);
  const momentum = plus(inner.momentum, outer.momentum);
  const chosen = Math.log(1 - stream.next()) < outer.logWeight - logWeight ? outer.chosen : inner.chosen;
  if (hasTurned(inner, outer, momentum, masses)) return null;
  return { near: inner.near, far: outer.far, chosen, logWeight, momentum };
}

function* leapfrog(
  { x, velocity, force }: PhasePoint,
  step: number,
  masses: Float64Array,
): Generator<Float64Array, PhasePoint, Answer> {
  const [to, v] = [x.slice(), velocity.slice()];
  kick(v, force, masses, step / 2);
  drift(to, v, step);
  const at = yield to;
  kick(v, at.force, masses, step / 2);
  return { x: to, velocity: v, ...at };
}

/** Whether two neighbouring stretches, with this sum of momenta, have turned back. */
function hasTurned(a: Stretch, b: Stretch, momentum: Float64Array, masses: Float64Array): boolean {
  return (
    turns(a.near, b.far, momentum) ||
    turns(a.near, b.near, plus(a.momentum, momentumOf(b.near, masses))) ||
    turns(a.far, b.far, plus(b.momentum, momentumOf(a.far, masses)))
  );
}

function turns(a: PhasePoint, b: PhasePoint, momentum: Float64Array): boolean {
  return !(dot(a.velocity, momentum) > 0 && dot(b.velocity, momentum) > 0);
}

function hamiltonian({ energy, velocity }: PhasePoint, masses: Float64Array): number {
  return energy + kineticEnergy(velocity, masses, 1)[0];
}

function momentumOf({ velocity }: PhasePoint, masses: Float64Array): Float64Array {
  return velocity.map((v, i) => masses[i] * v);
}

function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function logAdd(a: number, b: number): number {
  const highest = Math.max(a, b);
  return highest + Math.log1p(Math.exp(Math.min(a, b) - highest));
}
