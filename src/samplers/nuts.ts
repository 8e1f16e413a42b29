import { checkInteger } from '../conditioners/check.js';
import { thermalize } from '../dynamics/splitting.js';
import { chainsAt, copyChain, type Chains, type Move, type Transition } from './chains.js';
import { noUTurnTrajectory, type PhasePoint, type Trajectory, type TrajectoryEnd } from './no-u-turn-tree.js';
import { Sampler, tuningOf, type StepOptions } from './sampler.js';
import type { Target } from './target.js';

/** Options of {@link Nuts}. */
export interface NutsOptions extends StepOptions {
  /** Doublings of a trajectory at most: it has up to `2^maxDepth - 1` steps. Default: 10. */
  readonly maxDepth?: number;
}

/**
 * The no-U-turn sampler: Hamiltonian Monte Carlo with trajectories that end where they begin to turn back, and a point drawn
 * from all of a trajectory. Chains have trajectories of different lengths; their forces are evaluated together, until the
 * longest has ended.
 *
 * Statistics: `divergent`, the share of trajectories that met an energy wrong by more than 1000 kT or not a number, and
 * `depth`, the mean number of doublings.
 *
 * Sources: Hoffman and Gelman, "The No-U-Turn Sampler", 2014; Betancourt, 2017, for how points are drawn.
 */
export class Nuts extends Sampler {
  override readonly name = 'Nuts';
  override readonly tuning;
  override readonly carries = ['force'] as const;
  readonly #maxDepth: number;

  /** @throws FlowConfigError for a depth, a step or an acceptance out of range. */
  constructor({ maxDepth = 10, ...options }: NutsOptions = {}) {
    super();
    checkInteger('Nuts.maxDepth', maxDepth);
    this.tuning = tuningOf('Nuts', options, { stepSize: 0.1, targetAcceptance: 0.8 });
    this.#maxDepth = maxDepth;
  }

  override async transition(chains: Chains, { target, stream, stepSize, masses }: Move): Promise<Transition> {
    const velocity = new Float64Array(chains.x.length);
    thermalize(velocity, masses, Infinity, stream.normal(velocity.length));
    const [points, ends] = await follow(target, chains.size, startingPoints(chains, velocity), (start, chain) => {
      const own = masses.length === chains.size ? masses : rowOf(masses, chain, chains.size);
      return noUTurnTrajectory(start, { masses: own, stepSize, maxDepth: this.#maxDepth, stream });
    });
    const reached = chainsAt(
      chains,
      join(points.map(({ x }) => x)),
      Float64Array.from(points, ({ energy }) => energy),
      {
        force: join(points.map(({ force }) => force)),
      },
    );
    for (let chain = 0; chain < chains.count; chain++) copyChain(reached, chain, chains, chain);
    return {
      acceptance: Float64Array.from(ends, ({ acceptance }) => acceptance),
      statistics: {
        divergent: Float64Array.from(ends, ({ divergent }) => Number(divergent)),
        depth: Float64Array.from(ends, ({ depth }) => depth),
      },
    };
  }
}

/** Runs trajectories side by side, with one evaluation for all that are still under way. */
async function follow(
  target: Target,
  size: number,
  starts: readonly PhasePoint[],
  begin: (start: PhasePoint, chain: number) => Trajectory,
): Promise<[points: PhasePoint[], ends: TrajectoryEnd[]]> {
  const trajectories = starts.map(begin);
  const asked = join(starts.map(({ x }) => x));
  const ends: TrajectoryEnd[] = [];
  const note = (chain: number, result: IteratorResult<Float64Array, TrajectoryEnd>) => {
    if (result.done) ends[chain] = result.value;
    else asked.set(result.value, chain * size);
  };
  // The first `next` only brings a trajectory to its first question.
  trajectories.forEach((trajectory, chain) =>
    note(chain, (trajectory as Generator<Float64Array, TrajectoryEnd>).next()),
  );
  while (trajectories.some((_, chain) => !ends[chain])) {
    const { energy, force } = await target.evaluate(asked, true);
    trajectories.forEach((trajectory, chain) => {
      if (ends[chain]) return;
      note(chain, trajectory.next({ energy: energy[chain], force: rowOf(force!, chain, size) }));
    });
  }
  return [ends.map(({ point }) => point), ends];
}

function startingPoints({ count, size, x, energy, carried }: Chains, velocity: Float64Array): PhasePoint[] {
  return Array.from({ length: count }, (_, chain) => ({
    x: rowOf(x, chain, size),
    velocity: rowOf(velocity, chain, size),
    energy: energy[chain],
    force: rowOf(carried.force, chain, size),
  }));
}

function rowOf(values: Float64Array, row: number, width: number): Float64Array {
  return values.slice(row * width, (row + 1) * width);
}

function join(rows: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(rows.length * rows[0].length);
  rows.forEach((row, i) => joined.set(row, i * row.length));
  return joined;
}
