import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.js';
import { FlowConfigError, FlowNumericsError } from '../errors.js';
import type { RandomStream } from '../random.js';
import { inTrainingMode } from '../training-mode.js';
import { vectorsOf, type Values } from './checkpoint.js';
import { toTensors, type Batch } from './data/table.js';
import { diagnose, findParameter } from './diagnose.js';
import type { Diagnosis } from './diagnosis.js';
import { lossAndGradient, type LossAndGradient } from './gradient.js';
import type { Adam } from './optimizers/adam.js';
import { withNoise } from './noise.js';
import { ParameterSlab } from './parameter-slab.js';
import type { Plan } from './plan.js';
import { PlannedSteps } from './planned-steps.js';
import { Snapshot } from './snapshot.js';

/** What a step found. */
export interface StepOutcome {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/**
 * Takes the steps of a run: gradient, clipping, update, average. Holds the weights being trained as one flat vector,
 * of which the model's variables are copies.
 */
export class Trainer {
  readonly weights: ParameterSlab;
  readonly #model: Distribution;
  readonly #plan: Plan;
  #slab: Tensor1D | null = null;
  /** The weights of the step before, at which loss and gradient were finite. */
  #previous: Tensor1D | null = null;
  #average: Tensor1D | null = null;
  /** Takes the steps where that is possible; then the vectors above are behind until they are settled. */
  #planned: PlannedSteps | null = null;
  #lead: 'tensors' | 'planned' = 'tensors';
  /** Variables that are not trained but may change in training, such as running means. */
  #running: readonly Variable[];
  #runningKnown = false;

  /** @throws FlowConfigError when there is nothing to train. */
  constructor(model: Distribution, plan: Plan) {
    const parameters = model.parameters;
    this.#model = model;
    this.#plan = plan;
    this.weights = new ParameterSlab(parameters.filter(({ trainable }) => trainable));
    this.#running = parameters.filter(({ trainable }) => !trainable).map(({ variable }) => variable);
    if (this.weights.size === 0) {
      throw new FlowConfigError('fit', {
        expected: 'a model with trainable parameters',
        got: `a ${model.className} with none`,
        hint: 'Set `trainable` to true on the modules to train.',
      });
    }
  }

  /** Takes the model's weights as the ones to start from, with a fresh optimizer. */
  start(): void {
    this.dispose();
    this.#slab = this.weights.read();
    if (this.#plan.ema !== null) this.#average = tf.clone(this.#slab);
    this.#planned = PlannedSteps.open(this.#model, this.#plan, this.weights);
  }

  /** Takes up the state that {@link saved} gave; the model's weights have been restored before. */
  resume({ optimizer, average }: { optimizer: Values; average: Values }): void {
    this.start();
    this.#plan.optimizer.restore(new Map([...optimizer].map(([name, { values }]) => [name, values])));
    const slab = average.get('slab');
    if (!slab) return;
    this.#average?.dispose();
    this.#average = tf.tensor1d(slab.values, 'float32');
  }

  /** What a resumed run needs beside the model's weights. */
  async saved(): Promise<{ optimizer: Values; average: Values }> {
    this.#settle();
    const average = new Map(this.#average ? [['slab', this.#average]] : []);
    return { optimizer: await vectorsOf(this.#plan.optimizer.state), average: await vectorsOf(average) };
  }

  /**
   * One step on one batch.
   *
   * @param rows the batch
   * @param step steps taken before
   * @throws FlowNumericsError when loss or gradient are not finite; the last good weights are back in place then.
   */
  async step(rows: Batch, step: number): Promise<StepOutcome> {
    const learningRate = this.#learningRate(step);
    const batch = await this.#withNoise(rows, step);
    const planned = this.#plannedStep(batch, step, learningRate);
    if (planned) return planned;
    this.#settle();
    if (this.#planned?.hopeless) {
      this.#planned.dispose();
      this.#planned = null;
    }
    const stream = () => this.#plan.root.split('step').split(step);
    const before = new Snapshot(this.#running);
    const loss = () => this.#loss(batch, stream());
    let found: LossAndGradient | null = null;
    try {
      found = lossAndGradient(this.weights, loss);
      const [value, squaredNorm] = await found.report.data();
      if (!Number.isFinite(value + squaredNorm)) {
        before.restore();
        const { shapes } = this.#plan.table;
        const { objective } = this.#plan;
        const streams = { stream: stream(), objectiveStream: stream().split('objective') };
        const evidence = { batch, shapes, objective, ...streams, weights: this.weights, gradient: found.gradient };
        const diagnosis = await diagnose(this.#model, { ...evidence, loss: value });
        throw await this.failure(`a finite loss and gradient at step ${step + 1}`, diagnosis, loss);
      }
      if (!this.#runningKnown) this.#running = before.changed;
      this.#runningKnown = true;
      const gradientNorm = Math.sqrt(squaredNorm);
      this.#advance(found.gradient, gradientNorm, step, learningRate);
      return { loss: value, gradientNorm, learningRate };
    } catch (error) {
      // A layer may find out by itself, and throw before there is a loss.
      if (!found && error instanceof FlowNumericsError) await this.#undo(loss);
      before.restore();
      throw error;
    } finally {
      before.dispose();
      if (found) tf.dispose([found.gradient, found.report]);
    }
  }

  /** Gives the model the weights that the steps have reached. */
  publish(): void {
    if (this.#lead === 'planned') this.#planned!.publish();
  }

  /**
   * The last update has no step after it to find out what became of the weights.
   *
   * @throws FlowNumericsError when a weight is not finite; the last good ones are back in place then.
   */
  async checkWeights(): Promise<void> {
    if (this.#lead === 'planned' && this.#planned!.weightsAreFinite()) return;
    this.#settle();
    if (await this.#weightsAreFinite()) return;
    const diagnosis = await findParameter(this.#model);
    if (diagnosis) throw await this.failure('finite weights', diagnosis, () => tf.scalar(NaN));
  }

  /** Runs `body` while the model holds the weights to be judged: the averaged ones where there is an average. */
  async withResult<T>(body: () => Promise<T>): Promise<T> {
    if (!this.#average) {
      this.publish();
      return body();
    }
    this.#settle();
    this.weights.write(this.#average);
    try {
      return await body();
    } finally {
      this.weights.write(this.#slab!);
    }
  }

  /** Leaves the weights to be judged in the model for good. */
  install(): void {
    this.publish();
    if (this.#average) this.#settle();
    if (this.#average) this.weights.write(this.#average);
  }

  /**
   * The error for something not finite, after putting the last good weights back.
   *
   * @param loss what is not finite; it decides whether the last update is to blame
   */
  async failure(
    expected: string,
    { got, path, row, value }: Diagnosis,
    loss: () => Tensor,
  ): Promise<FlowNumericsError> {
    const hint = (await this.#undo(loss))
      ? 'The last update led there and has been undone: lower the learning rate, set `clipNorm` or warm up.'
      : 'The weights are left as they were before: look at these rows, and at the initial weights.';
    return new FlowNumericsError('fit', { expected, got, path, row, value, hint });
  }

  dispose(): void {
    this.#planned?.dispose();
    this.#planned = null;
    this.#lead = 'tensors';
    for (const tensor of [this.#slab, this.#previous, this.#average]) tensor?.dispose();
    this.#slab = this.#previous = this.#average = null;
    this.#plan.optimizer.reset();
  }

  /** Takes a step by program; null where there is none, or where an eager step has to find out what went wrong. */
  #plannedStep(batch: Batch, step: number, learningRate: number): StepOutcome | null {
    const planned = this.#planned;
    if (!planned) return null;
    if (!planned.decided(batch)) this.publish();
    if (!planned.takes(batch)) return null;
    if (this.#lead === 'tensors') {
      const { state } = this.#plan.optimizer;
      const values = (tensor: Tensor | null | undefined) =>
        (tensor?.dataSync() as Float32Array | undefined) ?? new Float32Array(0);
      planned.load({
        previous: values(this.#previous),
        mean: values(state.get('mean')),
        meanSquare: values(state.get('meanSquare')),
        average: values(this.#average),
      });
      this.#lead = 'planned';
    }
    const { clipNorm, ema, optimizer } = this.#plan;
    const adam = (optimizer as Adam).rates(step + 1, learningRate);
    const { loss, squaredNorm, updated } = planned.step(batch, { adam, clipNorm, ema });
    return updated ? { loss, gradientNorm: Math.sqrt(squaredNorm), learningRate } : null;
  }

  /** Takes the state of planned steps over into tensors and the model. */
  #settle(): void {
    if (this.#lead === 'tensors') return;
    const { parameters, previous, mean, meanSquare, average } = this.#planned!.vectors();
    for (const tensor of [this.#slab, this.#previous, this.#average]) tensor?.dispose();
    this.#slab = tf.tensor1d(parameters, 'float32');
    this.#previous = previous.length > 0 ? tf.tensor1d(previous, 'float32') : null;
    this.#average = average.length > 0 ? tf.tensor1d(average, 'float32') : null;
    this.#plan.optimizer.restore(new Map([['mean', mean], ['meanSquare', meanSquare]])); // prettier-ignore
    this.#planned!.publish();
    this.#lead = 'tensors';
  }

  /** The random numbers of a step depend on the seed and its number alone. */
  async #withNoise(batch: Batch, step: number): Promise<Batch> {
    const { objective, root } = this.#plan;
    if (!objective.noise) return batch;
    return withNoise(batch, objective, this.#model, root.split('step').split(step).split('noise'));
  }

  #loss(batch: Batch, stream: RandomStream): Tensor {
    const { objective, table } = this.#plan;
    return inTrainingMode(stream, () =>
      objective(this.#model, toTensors(batch, table.shapes), stream.split('objective')),
    );
  }

  #learningRate(step: number): number {
    const { learningRate, schedule, totalSteps } = this.#plan;
    const factor = schedule(step, totalSteps);
    if (Number.isFinite(factor) && factor >= 0) return learningRate * factor;
    throw new FlowConfigError('fit.schedule', {
      expected: 'a factor of zero or more at every step',
      got: `${factor} at step ${step} of ${totalSteps}`,
    });
  }

  /** Clips, updates and averages. */
  #advance(gradient: Tensor1D, norm: number, step: number, learningRate: number): void {
    const { optimizer, clipNorm, ema } = this.#plan;
    const before = this.#slab!;
    const clipped: Tensor1D | null = clipNorm !== null && norm > clipNorm ? tf.mul(gradient, clipNorm / norm) : null;
    this.#slab = optimizer.update(before, clipped ?? gradient, step + 1, learningRate);
    clipped?.dispose();
    this.weights.write(this.#slab);
    this.#previous?.dispose();
    this.#previous = before;
    if (ema === null) return;
    const average = this.#average!;
    this.#average = tf.tidy(() => tf.add(tf.mul(average, ema), tf.mul(this.#slab!, 1 - ema)));
    average.dispose();
  }

  /**
   * Puts the last good weights back: those before the last update if `loss` is finite there, so that the update is to
   * blame, or if the update itself was not finite; else the present ones. Returns whether the update was undone.
   */
  async #undo(loss: () => Tensor): Promise<boolean> {
    if (!this.#previous) return false;
    const broken = !(await this.#weightsAreFinite());
    this.weights.write(this.#previous);
    if (broken || (await isFinite(loss))) return true;
    this.weights.write(this.#slab!);
    return false;
  }

  async #weightsAreFinite(): Promise<boolean> {
    return isFinite(() => tf.sum(tf.abs(this.#slab!)));
  }
}

async function isFinite(compute: () => Tensor): Promise<boolean> {
  try {
    const tensor = tf.tidy(compute);
    const [value] = await tensor.data();
    tensor.dispose();
    return Number.isFinite(value);
  } catch (error) {
    if (error instanceof FlowNumericsError) return false;
    throw error;
  }
}
