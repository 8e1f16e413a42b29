import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import { copyChain, type Chains, type Move, type Transition } from './chains.js';
import { Sampler, type Beginning } from './sampler.js';
import type { Target } from './target.js';

/** Options of {@link ParallelTempering}. */
export interface ParallelTemperingOptions {
  /** What moves the copies, each at its own temperature: steps grow with `√T`. */
  readonly sampler: Sampler;
  /** Temperatures in units of that of the target: ascending, the first of them 1. */
  readonly temperatures: readonly number[];
  /** Transitions from one round of exchanges to the next. Default: 1. */
  readonly every?: number;
}

/**
 * Parallel tempering: copies of every chain at rising temperatures, `exp(-u / T)`, of which neighbours change places with
 * probability `min(1, e^{(1/T_i - 1/T_j)(u_i - u_j)})`. Draws are those at temperature 1. Rounds of exchange take even and odd
 * pairs in turn, by which copies travel fastest.
 *
 * Statistics: `exchange`, by copy and chain, of each copy with the next; 0.2 to 0.4 everywhere is a good ladder.
 *
 * Sources: Swendsen and Wang, 1986; Geyer, 1991; Syed et al., "Non-reversible parallel tempering", 2022, for the pairs.
 */
export class ParallelTempering extends Sampler {
  override readonly name;
  override readonly tuning;
  override readonly exact;
  override readonly copies;
  override readonly carries;
  readonly #sampler: Sampler;
  readonly #temperatures: readonly number[];
  readonly #every: number;

  /** @throws FlowConfigError for temperatures that do not rise from 1, or a sampler of several copies. */
  constructor({ sampler, temperatures, every = 1 }: ParallelTemperingOptions) {
    super();
    const rising = temperatures.every((value, i) => (i === 0 ? value === 1 : value > temperatures[i - 1]));
    if (temperatures.length < 2 || !rising || !Number.isFinite(temperatures.at(-1)!)) {
      throw new FlowConfigError('ParallelTempering.temperatures', {
        expected: 'two or more, ascending, the first of them 1',
        got: `[${temperatures.join(', ')}]`,
      });
    }
    checkInteger('ParallelTempering.every', every);
    if (sampler.copies > 1 || (sampler.carries as readonly string[]).includes('logProposal')) {
      throw new FlowConfigError('ParallelTempering.sampler', {
        expected: 'a sampler of one copy that makes its own proposals at every temperature',
        got: sampler.name,
      });
    }
    this.name = `ParallelTempering(${sampler.name})`;
    this.tuning = sampler.tuning;
    this.exact = sampler.exact;
    this.copies = temperatures.length;
    this.carries = sampler.carries;
    this.#sampler = sampler;
    this.#temperatures = temperatures;
    this.#every = every;
  }

  override begin(chains: Chains, beginning: Beginning): Promise<void> {
    return this.#sampler.begin(chains, { ...beginning, masses: this.#massesOf(beginning.masses, chains) });
  }

  override async transition(chains: Chains, move: Move): Promise<Transition> {
    const factors = this.#inverseTemperatures(chains);
    scaleChains(chains, (row) => factors[row]);
    const target = new TemperedTarget(move.target, factors);
    const transition = await this.#sampler.transition(chains, {
      ...move,
      target,
      masses: this.#massesOf(move.masses, chains),
    });
    scaleChains(chains, (row) => 1 / factors[row]);
    if ((move.step + 1) % this.#every !== 0) return transition;
    const exchange = this.#exchange(chains, move);
    return { ...transition, statistics: { ...transition.statistics, exchange } };
  }

  /** Rows are sorted by copies, then chains. */
  #inverseTemperatures({ count }: Chains): Float64Array {
    const chains = count / this.copies;
    return Float64Array.from({ length: count }, (_, row) => 1 / this.#temperatures[Math.floor(row / chains)]);
  }

  /** `m / T`: the same step reaches `√T` times as far. */
  #massesOf(masses: Float64Array, chains: Chains): Float64Array {
    const factors = this.#inverseTemperatures(chains);
    return Float64Array.from(chains.x, (_, i) => masses[i % masses.length] * factors[Math.floor(i / chains.size)]);
  }

  #exchange(chains: Chains, { step, stream }: Move): Float64Array {
    const rows = chains.count / this.copies;
    const factors = this.#inverseTemperatures(chains);
    const exchange = new Float64Array(chains.count).fill(NaN);
    const parity = Math.floor(step / this.#every) % 2;
    for (let low = parity * rows; low + rows < chains.count; low += 2 * rows) {
      for (let row = low; row < low + rows; row++) {
        const other = row + rows;
        const logRatio = (factors[row] - factors[other]) * (chains.energy[row] - chains.energy[other]);
        exchange[row] = Number.isNaN(logRatio) ? 0 : Math.exp(Math.min(0, logRatio));
        if (stream.next() < exchange[row]) swap(chains, row, other, Math.sqrt(factors[other] / factors[row]));
      }
    }
    return exchange;
  }
}

/** `u / T` row by row. */
class TemperedTarget implements Target {
  readonly #target: Target;
  readonly #factors: Float64Array;

  constructor(target: Target, factors: Float64Array) {
    this.#target = target;
    this.#factors = factors;
  }

  async evaluate(x: Float64Array, forces: boolean) {
    const { energy, force } = await this.#target.evaluate(x, forces);
    scaleRows(energy, this.#factors.length, (row) => this.#factors[row]);
    if (force) scaleRows(force, this.#factors.length, (row) => this.#factors[row]);
    return { energy, force };
  }
}

/** Scales energies and forces. Undone, they are what they were to the last bit of float32. */
function scaleChains({ count, energy, carried }: Chains, factor: (row: number) => number): void {
  scaleRows(energy, count, factor);
  if (carried.force) scaleRows(carried.force, count, factor);
}

function scaleRows(values: Float64Array, rows: number, factor: (row: number) => number): void {
  const width = values.length / rows;
  for (let i = 0; i < values.length; i++) values[i] *= factor(Math.floor(i / width));
}

/** Two rows change places; velocities become those of their new temperature. */
function swap(chains: Chains, row: number, other: number, speed: number): void {
  const { count, x, energy, carried } = chains;
  const one = (values: Float64Array) =>
    values.slice((row * values.length) / count, ((row + 1) * values.length) / count);
  const kept: Chains = {
    count: 1,
    size: chains.size,
    x: one(x),
    energy: one(energy),
    carried: Object.fromEntries(Object.entries(carried).map(([name, values]) => [name, one(values)])),
  };
  copyChain(chains, other, chains, row);
  copyChain(kept, 0, chains, other);
  if (!carried.velocity) return;
  scaleRows(carried.velocity, count, (at) => (at === row ? speed : at === other ? 1 / speed : 1));
}
