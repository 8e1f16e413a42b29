import type { Energy } from '../../energies/energy.js';
import { FlowDataError } from '../../errors.js';
import type { Flow } from '../../flows/flow.js';
import type { StoredTensor } from '../../io/safetensors.js';
import type { RandomStream } from '../../random.js';
import { annealAlong } from '../../samplers/annealed-importance-sampling.js';
import { AnnealingPath } from '../../samplers/annealing-path.js';
import { negativeLogDensity } from '../../samplers/energy-like.js';
import type { Sampler } from '../../samplers/sampler.js';
import { RunTarget } from '../../samplers/target.js';
import { sizeOf } from '../../shapes.js';
import { ReplayBuffer } from './replay-buffer.js';
import type { RowSource, SourceRows } from './row-source.js';

/** How {@link AnnealedDraws} come about. */
export interface AnnealedDrawsOptions {
  readonly alpha: number;
  readonly sampler: Sampler;
  readonly levels: number;
  readonly transitions: number;
  /** Batches that are taken from the buffer for each that goes in. */
  readonly reuse: number;
  /** Batches that the buffer holds, and that it is filled with at first. */
  readonly capacity: number;
  readonly minimum: number;
  /** Largest factor on a row for the model having changed since it was weighed. */
  readonly clip: number;
}

/** Acceptance that steps are tuned for, and the factor that they change by. */
const [ACCEPTANCE, TUNING] = [0.65, 1.05];

/**
 * Rows of flow annealed importance sampling bootstrap: draws of the flow, annealed towards `p^α q^{1-α}`, kept in a buffer with
 * their weights, and taken from there with probabilities proportional to these. The target of a row is its factor for the
 * flow having changed, `min(c, (q / q_old)^{1-α})`.
 */
export class AnnealedDraws implements RowSource {
  readonly followsModel = true;
  readonly #flow: Flow;
  readonly #energy: Energy;
  readonly #options: AnnealedDrawsOptions;
  readonly #path: AnnealingPath;
  readonly #density: RunTarget;
  #buffer: ReplayBuffer | null = null;
  #stepSizes: Float32Array;
  /** Batches taken so far. */
  #taken = 0;
  #prepared = false;

  constructor(flow: Flow, energy: Energy, options: AnnealedDrawsOptions) {
    const negative = negativeLogDensity('flowAnnealedBootstrap', flow);
    this.#flow = flow;
    this.#energy = energy;
    this.#options = options;
    this.#path = new AnnealingPath(negative, energy);
    this.#density = new RunTarget(negative);
    this.#stepSizes = new Float32Array(options.levels).fill(options.sampler.tuning.stepSize);
  }

  async draw(rows: number, stream: RandomStream): Promise<SourceRows> {
    const { reuse, minimum, capacity, clip, alpha } = this.#options;
    const buffer = (this.#buffer ??= new ReplayBuffer(capacity * rows, sizeOf(this.#flow.eventShape)));
    this.#prepare(rows, stream);
    for (let i = 0; buffer.length < minimum * rows; i++)
      await this.#anneal(buffer, rows, stream.split('fill').split(i));
    if (this.#taken > 0 && this.#taken % reuse === 0) await this.#anneal(buffer, rows, stream.split('anneal'));
    this.#taken++;
    if (!buffer.hasWeight) {
      throw new FlowDataError('flowAnnealedBootstrap', {
        expected: 'annealed draws with at least one weight above zero',
        got: `${buffer.length} weights of zero`,
        hint: 'No draw of the flow has come to where the target has any probability: start from a wider base, or more levels.',
      });
    }
    const places = buffer.draw(rows, stream.split('places'));
    const x = buffer.rows(places);
    const changes = buffer.update(places, await this.#logProbs(x), 1 - alpha);
    return { x, context: null, targets: Float32Array.from(changes, (change) => Math.min(clip, Math.exp(change))) };
  }

  save(): ReadonlyMap<string, StoredTensor> {
    const { length } = this.#stepSizes;
    const own = this.#buffer?.save() ?? new Map<string, StoredTensor>();
    own.set('stepSizes', { shape: [length], values: this.#stepSizes });
    return own.set('taken', { shape: [1], values: Float32Array.of(this.#taken) });
  }

  restore(state: ReadonlyMap<string, StoredTensor>): void {
    this.#stepSizes = Float32Array.from(state.get('stepSizes')!.values);
    [this.#taken] = state.get('taken')!.values;
    const x = state.get('x');
    if (!x) return;
    this.#buffer = new ReplayBuffer(x.shape[0], sizeOf(this.#flow.eventShape));
    this.#buffer.restore(state);
  }

  dispose(): void {
    this.#path.dispose();
    this.#density.dispose();
  }

  /** One batch into the buffer. */
  async #anneal(buffer: ReplayBuffer, rows: number, stream: RandomStream): Promise<void> {
    const { alpha, sampler, levels, transitions } = this.#options;
    const common = { base: this.#flow, sampler, levels, transitions, draws: rows, seed: stream, end: alpha };
    const made = await annealAlong(this.#path, this.#energy, { ...common, stepSizes: [...this.#stepSizes] });
    const x = Float32Array.from(await made.x.data());
    made.x.dispose();
    made.acceptance.forEach((acceptance, i) => {
      this.#stepSizes[i] *= acceptance > ACCEPTANCE ? TUNING : 1 / TUNING;
    });
    buffer.add(x, made.logWeights, await this.#logProbs(x));
  }

  async #logProbs(x: Float32Array): Promise<Float64Array> {
    const { energy } = await this.#density.evaluate(Float64Array.from(x), false);
    return energy.map((value) => -value);
  }

  /** Draws of the flow are repeated by a program from the third time on: let that be the first, after a resume too. */
  #prepare(rows: number, stream: RandomStream): void {
    if (this.#prepared) return;
    this.#prepared = true;
    for (let call = 0; call < 2; call++) this.#flow.sample(rows, { seed: stream.split('prepare') }).dispose();
  }
}
