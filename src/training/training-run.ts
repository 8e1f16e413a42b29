import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.js';
import { assignParameters, type Parameter } from '../module.js';
import { evaluationsSoFar, type Evaluations } from '../ode/evaluations.js';
import { breather } from '../breathe.js';
import { loadRun, saveRun, valuesOf, type RunState } from './checkpoint.js';
import { SourceTable } from './data/source-table.js';
import { toTensors, type Table } from './data/table.js';
import { diagnose } from './diagnose.js';
import { evaluate } from './evaluate.js';
import { checkFingerprint, fingerprint, type Fingerprint } from './fingerprint.js';
import type { EpochRecord, History, StopReason } from './history.js';
import type { Plan } from './plan.js';
import { startOfRun, type Progress } from './progress.js';
import { Snapshot } from './snapshot.js';
import type { RowSource } from './sources/row-source.js';
import { Trainer } from './trainer.js';

/** Rows from which data-dependent layers start, at least; means of one small batch would be too noisy. */
const INITIAL_ROWS = 4096;

/** One call of `fit`: epochs, validation, checkpoints and callbacks around the steps of a {@link Trainer}. */
export class TrainingRun {
  readonly #model: Distribution;
  readonly #plan: Plan;
  readonly #trainer: Trainer;
  readonly #parameters: readonly Parameter[];
  readonly #fingerprint: Fingerprint;
  readonly #breathe = breather();
  /** What makes the rows, where there are no data. */
  readonly #source: RowSource | null;
  #progress: Progress = startOfRun();
  /** All variables of the model at the best epoch. */
  #best: Snapshot | null = null;
  /** Whether the newest checkpoint holds the present state. */
  #saved = false;

  constructor(model: Distribution, plan: Plan) {
    this.#model = model;
    this.#plan = plan;
    this.#trainer = new Trainer(model, plan);
    this.#parameters = model.parameters;
    this.#fingerprint = fingerprint(plan);
    this.#source = plan.table instanceof SourceTable ? plan.table.source : null;
  }

  /** Trains to the end; the model then holds the weights asked for. */
  async train(): Promise<History> {
    const { callbacks, table, totalSteps } = this.#plan;
    for (const warning of table.warnings) {
      if (callbacks.onWarning) await callbacks.onWarning(warning);
      // eslint-disable-next-line no-console -- the default, for callers who pass no `onWarning`
      else console.warn(warning);
    }
    await this.#begin();
    const { size } = this.#trainer.weights;
    await callbacks.onStart?.({ rows: table.rows, parameters: size, totalSteps, resumedAt: this.#progress.step });
    let stopped = this.#whyStop();
    while (stopped === null) stopped = await this.#runEpoch();
    if (!this.#saved) await this.#save();
    if (this.#best) this.#best.restore();
    else this.#trainer.install();
    const history = this.#history(stopped);
    await callbacks.onEnd?.(history);
    return history;
  }

  /** Frees all tensors of the run; the model keeps its weights. */
  dispose(): void {
    this.#trainer.dispose();
    this.#source?.dispose?.();
    this.#best?.dispose();
    this.#best = null;
  }

  /** Goes on from a checkpoint, or starts: data-dependent layers first. */
  async #begin(): Promise<void> {
    const { checkpoint } = this.#plan;
    const saved = checkpoint?.resume ? await loadRun(checkpoint.url) : null;
    if (saved) return this.#resume(saved, checkpoint!.url);
    if (this.#plan.initialize && !this.#plan.objective.rows && !this.#source) await this.#initialize();
    this.#trainer.start();
  }

  #resume(saved: RunState, url: string): void {
    checkFingerprint(saved.fingerprint, this.#fingerprint, url);
    if (saved.best.size > 0) {
      assignParameters(this.#model, saved.best, 'fit.checkpoint');
      this.#keep();
    }
    assignParameters(this.#model, saved.model, 'fit.checkpoint');
    this.#trainer.resume(saved);
    this.#source?.restore?.(saved.source);
    this.#progress = structuredClone(saved.progress);
    this.#saved = true;
  }

  async #initialize(): Promise<void> {
    const model = this.#model as Distribution & Partial<Initializable>;
    if (!model.initialize) return;
    const { table, batchSize } = this.#plan;
    const rows = Math.min(table.rows, Math.max(batchSize, INITIAL_ROWS));
    for await (const batch of table.batches(rows, this.#order(0))) {
      tf.tidy(() => {
        const { x, context } = toTensors(batch, table.shapes);
        model.initialize!(x, { context });
      });
      return;
    }
  }

  /** The order of the rows depends on the seed and the epoch alone, so that a resumed run meets the same batches. */
  #order(epoch: number) {
    return this.#plan.root.split('order').split(epoch);
  }

  /** Steps to the end of the epoch, or of the run; tells why to stop, if so. */
  async #runEpoch(): Promise<StopReason | null> {
    const { table, batchSize, totalSteps, stepsPerEpoch, signal, checkpoint } = this.#plan;
    const progress = this.#progress;
    for await (const batch of table.batches(batchSize, this.#order(progress.epoch), progress.stepInEpoch)) {
      if (progress.step >= totalSteps) break;
      if (signal?.aborted) return 'aborted';
      const began = performance.now();
      const before = evaluationsSoFar();
      const outcome = await this.#trainer.step(batch, progress.step);
      progress.seconds += (performance.now() - began) / 1000;
      progress.evaluations = added(progress.evaluations, before);
      progress.step++;
      progress.stepInEpoch++;
      progress.rows += batch.rows;
      progress.lossSum += outcome.loss * batch.rows;
      progress.learningRate = outcome.learningRate;
      this.#saved = false;
      if (this.#plan.callbacks.onStep) this.#trainer.publish();
      await this.#plan.callbacks.onStep?.({
        step: progress.step,
        epoch: progress.epoch + 1,
        rows: batch.rows,
        ...outcome,
      });
      if (checkpoint?.unit === 'steps' && progress.step % checkpoint.every === 0) await this.#save();
      if (this.#source?.followsModel) this.#trainer.publish();
      await this.#breathe();
    }
    if (signal?.aborted) return 'aborted';
    // A run that ends within an epoch is saved before that epoch is closed: taken further, it goes on inside.
    const within = progress.stepInEpoch < stepsPerEpoch;
    if (within) await this.#save();
    await this.#closeEpoch();
    this.#saved = within;
    if (checkpoint?.unit === 'epochs' && !within && progress.epoch % checkpoint.every === 0) await this.#save();
    return within ? this.#plan.limit : this.#whyStop();
  }

  /** Validates, records, and remembers the weights if they are the best so far. */
  async #closeEpoch(): Promise<void> {
    const { validation, callbacks } = this.#plan;
    const progress = this.#progress;
    await this.#trainer.checkWeights();
    const scores = validation ? await this.#validate(validation) : { validation: null, effectiveSampleSize: null };
    const record: EpochRecord = {
      epoch: progress.epoch + 1,
      steps: progress.step,
      train: progress.lossSum / progress.rows,
      ...scores,
      learningRate: progress.learningRate,
      rowsPerSecond: progress.rows / progress.seconds,
      evaluations: perStep(progress),
    };
    progress.records.push(record);
    const { lossSum, rows, seconds, evaluations } = startOfRun();
    Object.assign(progress, { epoch: record.epoch, stepInEpoch: 0, lossSum, rows, seconds, evaluations });
    if (callbacks.onEpoch) this.#trainer.publish();
    await callbacks.onEpoch?.(record);
  }

  /** Scores the weights on the validation rows, and keeps them if they are the best so far. */
  async #validate(validation: Table): Promise<Pick<EpochRecord, 'validation' | 'effectiveSampleSize'>> {
    const { judge: objective, batchSize, root, keepBest, earlyStopping } = this.#plan;
    const progress = this.#progress;
    const epoch = progress.epoch + 1;
    const stream = root.split('validation');
    const result = await this.#trainer.withResult(async () => {
      const options = { objective, table: validation, batchSize, stream, breathe: this.#breathe };
      const found = await evaluate(this.#model, options);
      const { score, spoilt } = found;
      if (spoilt) {
        const { batch, stream: objectiveStream } = spoilt;
        const evidence = { batch, shapes: validation.shapes, objective, objectiveStream, stream: null, gradient: null };
        const { weights } = this.#trainer;
        return { ...found, diagnosis: await diagnose(this.#model, { ...evidence, loss: score, weights }) };
      }
      if (keepBest && score < progress.bestValidation) this.#keep();
      return { ...found, diagnosis: null };
    });
    const { score, spoilt, diagnosis } = result;
    if (spoilt) {
      const loss = () => objective(this.#model, toTensors(spoilt.batch, validation.shapes), spoilt.stream);
      throw await this.#trainer.failure(`a finite validation loss after epoch ${epoch}`, diagnosis!, loss);
    }
    if (score < progress.bestValidation) Object.assign(progress, { bestEpoch: epoch, bestValidation: score });
    const improved = score < progress.toBeat - (earlyStopping?.minDelta ?? 0);
    Object.assign(progress, improved ? { toBeat: score, waited: 0 } : { waited: progress.waited + 1 });
    return { validation: score, effectiveSampleSize: result.effectiveSampleSize };
  }

  #keep(): void {
    this.#best?.dispose();
    this.#best = new Snapshot(this.#parameters.map(({ variable }) => variable));
  }

  #whyStop(): StopReason | null {
    const { earlyStopping, totalSteps, limit } = this.#plan;
    const { waited, step, stepInEpoch } = this.#progress;
    if (earlyStopping && waited >= earlyStopping.patience) return 'early-stopping';
    return step >= totalSteps && stepInEpoch === 0 ? limit : null;
  }

  async #save(): Promise<void> {
    const { checkpoint } = this.#plan;
    if (!checkpoint) return;
    await this.#trainer.checkWeights();
    // First, as it gives the model the weights that planned steps have reached.
    const { optimizer, average } = await this.#trainer.saved();
    const model = await valuesOf(this.#parameters);
    const best = this.#best ? await valuesOf(this.#parameters, this.#best.values) : new Map<string, never>();
    const source = this.#source?.save?.() ?? new Map<string, never>();
    const state = { progress: this.#progress, fingerprint: this.#fingerprint };
    await saveRun(checkpoint.url, { ...state, model, best, optimizer, average, source });
    this.#saved = true;
  }

  #history(stopped: StopReason): History {
    const { records, bestEpoch, bestValidation, step } = this.#progress;
    return {
      epochs: records,
      bestEpoch,
      bestValidation: bestEpoch === null ? null : bestValidation,
      steps: step,
      stopped,
      warnings: this.#plan.table.warnings,
    };
  }
}

/** What models with data-dependent parameters offer. */
interface Initializable {
  initialize(data: Tensor, options: { context: Tensor | null }): void;
}

/** A sum of evaluations with those since `before`. */
function added(sum: Evaluations, before: Evaluations): Evaluations {
  const now = evaluationsSoFar();
  return {
    forward: sum.forward + now.forward - before.forward,
    backward: sum.backward + now.backward - before.backward,
  };
}

/** Means over the steps of the epoch in progress. */
function perStep({ evaluations: { forward, backward }, stepInEpoch }: Progress): Evaluations | null {
  return forward + backward > 0 ? { forward: forward / stepInEpoch, backward: backward / stepInEpoch } : null;
}
