import * as tf from '@tensorflow/tfjs-core';
import { fit, FlowError, RandomStream, type Flow } from 'tfjs-flows';
import type { TableCoder } from '../columns/table-coder.js';
import type { IncompleteNormal } from '../missing/incomplete-normal.js';
import { buildModel, candidatesFor } from './models.js';
import type { ModelName } from './model-names.js';
import type { FullOptions } from './options.js';
import { scoreRows, type CodedRows, type Fitted } from './scorer.js';

/** How a fit gets on. */
export interface FitProgress {
  /** Model that is trained now, and the place of it in the models tried. */
  readonly model: ModelName;
  readonly trial: number;
  readonly trials: number;
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Loss in nats a row, on the coded columns; of the training and of the held-out rows. */
  readonly train: number;
  readonly validation: number | null;
  /** Seconds since the fit began. */
  readonly seconds: number;
}

/** Options of `DensityEstimator.fit`. */
export interface FitRun {
  /** Is told of each epoch. */
  readonly onProgress?: (progress: FitProgress) => void;
  /** Ends training; the best model so far is kept. */
  readonly signal?: AbortSignal;
  /** A folder for the state of training: a fit of the same data and options that was stopped goes on from there. */
  readonly checkpoint?: string;
}

/** One model tried. */
export interface Trial {
  readonly model: ModelName;
  /** Mean `ln p` of the held-out rows in the units of the table, nats; null for a model that failed. */
  readonly heldOut: number | null;
  readonly parameters: number;
  readonly epochs: number;
  readonly seconds: number;
  /** Why there is no score. */
  readonly error?: string;
}

/** What training comes to. */
export interface Outcome {
  readonly flow: Flow;
  readonly model: ModelName;
  readonly trials: readonly Trial[];
  /** `ln p` of each held-out row. */
  readonly heldOut: Float64Array;
}

/** Rows and what codes them. */
export interface TrainingRows {
  readonly coder: TableCoder;
  readonly normal: IncompleteNormal;
  readonly train: CodedRows;
  readonly heldOut: CodedRows;
}

/** Epochs without a better score after which training ends. */
const PATIENCE = 12;
/** Rows that a stream yields at once. */
const PIECE = 256;

/** Trains one model, or several within the time there is, and keeps the one that scores the held-out rows best. */
export async function train(rows: TrainingRows, options: FullOptions, run: FitRun): Promise<Outcome> {
  const { modelled, conditions } = rows.coder;
  const names = options.model === 'auto' ? candidatesFor(modelled.length, conditions.length > 0) : [options.model];
  const began = performance.now();
  const trials: Trial[] = [];
  let best: { flow: Flow; model: ModelName; heldOut: Float64Array; mean: number } | null = null;
  for (const [index, model] of names.entries()) {
    if (best && run.signal?.aborted) break;
    const trialBegan = performance.now();
    const left = options.timeBudget - (trialBegan - began) / 1000;
    const share = left / (names.length - index);
    const place = { model, trial: index + 1, trials: names.length };
    const { flow, epochs, error } = await attempt(rows, place, options, run, Math.max(share, 0.5), began);
    const seconds = (performance.now() - trialBegan) / 1000;
    const parameters = flow.parameterCount;
    if (error && names.length === 1) {
      flow.dispose();
      throw error;
    }
    const heldOut = error ? null : await scoreRows({ ...rows, flow } as Fitted, rows.heldOut, options.samples);
    const mean = heldOut ? average(heldOut) : NaN;
    trials.push({ model, heldOut: Number.isFinite(mean) ? mean : null, parameters, epochs, seconds, ...(error && { error: error.message }) }); // prettier-ignore
    if (heldOut && Number.isFinite(mean) && !(best && best.mean >= mean)) {
      best?.flow.dispose();
      best = { flow, model, heldOut, mean };
    } else {
      flow.dispose();
    }
  }
  if (!best) throw new Error('DensityEstimator.fit: no model has a finite score on the held-out rows.');
  const { flow, model, heldOut } = best;
  return { flow, model, trials, heldOut };
}

async function attempt(
  rows: TrainingRows,
  place: Pick<FitProgress, 'model' | 'trial' | 'trials'>,
  options: FullOptions,
  run: FitRun,
  seconds: number,
  began: number,
): Promise<{ flow: Flow; epochs: number; error: FlowError | null }> {
  const { coder } = rows;
  const { contextWidth } = coder;
  const dims = coder.modelled.length;
  const { model } = place;
  const contextShape = contextWidth > 0 ? [contextWidth] : null;
  const flow = buildModel(model, { dims, contextShape, seed: RandomStream.from(options.seed).split(model), rows: rows.train.count }); // prettier-ignore
  const stream = RandomStream.from(options.seed).split('cells');
  if (model === 'gaussian') {
    const all = pieceOf(rows, rows.train, range(rows.train.count), stream);
    tf.tidy(() => flow.initialize(tf.tensor2d(flatten(all.x), [all.x.length, dims])));
    return { flow, epochs: 0, error: null };
  }
  const deadline = new AbortController();
  const stop = () => deadline.abort();
  run.signal?.addEventListener('abort', stop);
  if (run.signal?.aborted) stop();
  const end = performance.now() + 1000 * seconds;
  try {
    const history = await fit(flow, (pass: RandomStream | null) => pieces(rows, pass ?? stream, pass !== null), {
      epochs: options.epochs,
      batchSize: Math.min(options.batchSize, rows.train.count),
      learningRate: options.learningRate,
      clipNorm: 5,
      validation: pieceOf(rows, rows.heldOut, range(rows.heldOut.count), stream.split('validation')),
      earlyStopping: { patience: PATIENCE },
      seed: RandomStream.from(options.seed).split('order'),
      signal: deadline.signal,
      allowConstant: true,
      ...(run.checkpoint && { checkpoint: { url: `file://${run.checkpoint}/${model}` } }),
      callbacks: {
        onStep: () => {
          if (performance.now() > end) stop();
        },
        onEpoch: ({ epoch, train: loss, validation }) =>
          run.onProgress?.({
            ...place,
            epoch,
            epochs: options.epochs,
            train: loss,
            validation,
            seconds: (performance.now() - began) / 1000,
          }),
        onWarning: () => {},
      },
    });
    return { flow, epochs: history.epochs.length, error: null };
  } catch (error) {
    if (!(error instanceof FlowError)) {
      flow.dispose();
      throw error;
    }
    return { flow, epochs: 0, error };
  } finally {
    run.signal?.removeEventListener('abort', stop);
  }
}

/** The training rows in pieces, at fresh places in their cells and with gaps filled anew. */
function* pieces(rows: TrainingRows, stream: RandomStream, shuffled: boolean) {
  const { count } = rows.train;
  const order = shuffled ? stream.split('order').permutation(count) : range(count);
  const cells = stream.split('cells');
  for (let start = 0; start < count; start += PIECE) yield pieceOf(rows, rows.train, order.subarray(start, start + PIECE), cells); // prettier-ignore
}

function pieceOf({ coder, normal }: TrainingRows, rows: CodedRows, indices: ArrayLike<number>, stream: RandomStream) {
  const width = coder.contextWidth;
  const x = Array.from(indices, (row) => {
    const point = Float64Array.from(coder.modelled, (column, d) => {
      const value = rows.numbers[d][row];
      return Number.isNaN(value) ? NaN : column.line(value, column.step > 0 ? stream.next() : 0.5);
    });
    normal.fill(point, stream);
    return Float32Array.from(point);
  });
  const { contexts } = rows;
  if (!contexts) return { x };
  return { x, context: Array.from(indices, (row) => contexts.subarray(row * width, (row + 1) * width)) };
}

function range(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}

function flatten(rows: readonly Float32Array[]): Float32Array {
  const flat = new Float32Array(rows.length * rows[0].length);
  rows.forEach((row, i) => flat.set(row, i * row.length));
  return flat;
}

function average(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
