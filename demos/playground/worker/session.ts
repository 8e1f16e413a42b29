import * as tf from '@tensorflow/tfjs-core';
import { Adam, cosine, effectiveSampleSize, fit, FlowNumericsError, modelFiles, RandomStream, type FitWithoutDataOptions, type Flow, type StepRecord } from 'tfjs-flows'; // prettier-ignore
import { flowEntry } from '../catalogue/flows.js';
import { PARTICLES, type Frame, type ModelFile, type PointReport, type Report, type RunSettings } from '../protocol.js';
import { buildFlow } from './build-flow.js';
import { Gate } from './gate.js';
import { cellCentres } from './grid.js';
import { inspectPoint, journey, pullBack, pushForward, type Off } from './journey.js';
import { objectiveFor } from './objective.js';
import { stagesOf, type Stage } from './stages.js';
import { prepareTarget, type Target } from './target.js';

/** Draws in a frame. */
const SAMPLES = 1500;
/** Frames come no more often than this, in milliseconds, and take at most a third of the time. */
const FRAME_INTERVAL = 70;
const FRAME_SHARE = 3;
/** The journey costs more than the rest: one in so many frames has it. */
const JOURNEY_EVERY = 4;
const SNAPSHOT_INTERVAL = 4000;
const CLIP_NORM = 10;

/** One run: a flow, its target, and the training between them. */
export class Session {
  readonly #run: number;
  readonly #settings: RunSettings;
  readonly #post: (report: Report, transfer?: Transferable[]) => void;
  readonly #gate: Gate;
  readonly #abort = new AbortController();
  readonly #base: Float32Array;
  #flow!: Flow;
  #target!: Target;
  #stages: Stage[] = [];
  #off: Off = new Set();
  #last: StepRecord | null = null;
  #steps = 0;
  #frames = 0;
  #nextFrame = 0;
  #nextSnapshot = 0;
  #rate = { since: 0, step: 0, value: 0 };

  constructor(run: number, settings: RunSettings, post: Session['post']) {
    this.#run = run;
    this.#settings = settings;
    this.#post = post;
    this.#gate = new Gate(!settings.paused);
    this.#base = new RandomStream(settings.seed).split('particles').normal(2 * SAMPLES);
  }

  private get post() {
    return this.#post;
  }

  /** Builds and trains until stopped; errors are reported. */
  async start(): Promise<void> {
    try {
      this.#target = prepareTarget(this.#settings.target, this.#settings.seed);
      this.#flow = await buildFlow(this.#settings);
      this.#stages = stagesOf(this.#flow);
      const { bounds, best, truth, energy, heldOut } = this.#target;
      const data = energy ? new Float32Array(0) : heldOut;
      const stages = this.#stages.map(({ title }) => title);
      const parameters = this.#flow.parameterCount;
      this.post({ type: 'started', started: { run: this.#run, parameters, stages, bounds, data, best, truth } });
      await this.#train();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const kind = error instanceof FlowNumericsError ? 'numerics' : 'other';
      this.post({ type: 'problem', run: this.#run, problem: { kind, message: messageOf(error) } });
    }
  }

  async #train(): Promise<void> {
    const entry = flowEntry(this.#settings.flow);
    const { energy, rows } = this.#target;
    this.#rate = { since: performance.now(), step: 0, value: 0 };
    const { steps, seed, files } = this.#settings;
    const options: FitWithoutDataOptions = {
      steps,
      batchSize: energy ? entry.batchSize : Math.min(entry.batchSize, rows.length / 2),
      seed,
      objective: objectiveFor(entry, energy),
      optimizer: new Adam({ learningRate: entry.learningRate }),
      schedule: cosine({ floor: 0.02 }),
      clipNorm: CLIP_NORM,
      initialize: !files,
      signal: this.#abort.signal,
      callbacks: { onStep: (step) => this.#onStep(step), onWarning: () => {} },
    };
    if (energy) await fit(this.#flow, options);
    else await fit(this.#flow, rows, options);
    if (this.#abort.signal.aborted) return;
    this.#gate.close();
    await this.look(true);
    this.post({ type: 'ended', run: this.#run, step: this.#steps });
  }

  async #onStep(step: StepRecord): Promise<void> {
    this.#last = step;
    this.#steps = step.step;
    const now = performance.now();
    if (now >= this.#nextFrame) {
      await this.look(this.#frames % JOURNEY_EVERY === 0);
      const took = performance.now() - now;
      this.#nextFrame = performance.now() + Math.max(FRAME_INTERVAL, (FRAME_SHARE - 1) * took);
    }
    if (now >= this.#nextSnapshot) {
      const files = await this.save();
      this.post({ type: 'snapshot', run: this.#run, step: this.#steps, files });
      this.#nextSnapshot = now + SNAPSHOT_INTERVAL;
    }
    if (this.#gate.isOpen) return;
    await this.look(true);
    await this.#gate.passed();
    this.#rate = { since: performance.now(), step: this.#steps, value: this.#rate.value };
  }

  play(): void {
    this.#gate.open();
  }

  pause(): void {
    this.#gate.close();
  }

  /** One step, then pause again. */
  stepOnce(): void {
    this.#gate.passOne();
  }

  stop(): void {
    this.#abort.abort();
    this.#gate.open();
  }

  async switchOff(stages: readonly number[]): Promise<void> {
    this.#off = new Set(stages);
    if (!this.#gate.isOpen && this.#last) await this.look(true);
  }

  inspect(point: readonly [number, number]): Promise<PointReport> {
    return inspectPoint(this.#flow, this.#stages, this.#off, point);
  }

  async sample(count: number): Promise<Float32Array> {
    const draws = this.#flow.sample(count, { seed: `${this.#settings.seed}/${this.#steps}` });
    const values = await draws.data<'float32'>();
    draws.dispose();
    return values;
  }

  async save(): Promise<ModelFile[]> {
    const files = await modelFiles(this.#flow);
    return Promise.all(
      files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
    );
  }

  /** Makes weights that no training survives. */
  spoil(): void {
    for (const variable of this.#flow.trainableVariables) variable.assign(tf.fill(variable.shape, NaN));
  }

  /** Looks at the flow and tells the page. */
  async look(withJourney: boolean): Promise<void> {
    if (!this.#last) return;
    this.#frames++;
    const { heldOut, energy, bounds } = this.#target;
    const whole = this.#off.size === 0;
    const points = cellCentres(bounds);
    const tensors = tf.tidy(() => {
      const z = tf.tensor2d(this.#base, [SAMPLES, 2]);
      const grid = tf.tensor2d(points, [points.length / 2, 2]);
      const held = tf.tensor2d(heldOut, [heldOut.length / 2, 2]);
      const samples = whole ? this.#flow.forward(z) : pushForward(this.#stages, this.#off, z);
      const density = whole ? this.#flow.logProb(grid) : pullBack(this.#flow, this.#stages, this.#off, grid)[1];
      if (energy) {
        return [samples, density, held, tf.neg(tf.add(energy.energy(samples), this.#flow.logProb(samples)))];
      }
      const [latent, logProb] = pullBack(this.#flow, this.#stages, this.#off, held);
      return [samples, density, latent, logProb];
    });
    const [samples, density, latent, scores] = (await Promise.all(tensors.map((tensor) => tensor.data()))) as Float32Array[]; // prettier-ignore
    tf.dispose(tensors);
    const scored = summarise(scores, energy !== null);
    const { step, loss, gradientNorm } = this.#last;
    const shown = energy ? loss + this.#target.logZ : loss;
    const way = withJourney ? await journey(this.#stages, this.#off, this.#base.subarray(0, 2 * PARTICLES)) : null;
    const frame: Frame = {
      run: this.#run,
      metrics: { step, loss: shown, gradientNorm, stepsPerSecond: this.#stepsPerSecond(), heldOut: scored.heldOut, ess: scored.ess }, // prettier-ignore
      samples,
      weights: scored.weights,
      density,
      latent: energy ? new Float32Array(0) : latent,
      journey: way,
    };
    this.post({ type: 'frame', frame });
  }

  dispose(): void {
    this.#flow?.dispose();
    this.#target?.energy?.dispose();
  }

  #stepsPerSecond(): number {
    const now = performance.now();
    const { since, step } = this.#rate;
    if (now - since > 500 && this.#steps > step) {
      this.#rate = { since: now, step: this.#steps, value: ((this.#steps - step) / (now - since)) * 1000 };
    }
    return this.#rate.value;
  }
}

/** Held-out loss of log-densities, or sample size and weights of log-weights. */
function summarise(scores: Float32Array, areLogWeights: boolean) {
  if (!areLogWeights) {
    return { heldOut: -scores.reduce((sum, value) => sum + value, 0) / scores.length, ess: null, weights: null };
  }
  const safe = scores.map((value) => (Number.isFinite(value) ? value : -Infinity));
  const highest = safe.reduce((a, b) => Math.max(a, b), -Infinity);
  if (highest === -Infinity) return { heldOut: null, ess: 0, weights: null };
  const weights = safe.map((value) => Math.exp(value - highest));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return {
    heldOut: null,
    ess: effectiveSampleSize(safe) / safe.length,
    weights: weights.map((weight) => weight / mean),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
