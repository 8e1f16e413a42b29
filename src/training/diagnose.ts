import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.js';
import { Chain } from '../bijectors/chain.js';
import { Invert } from '../bijectors/invert.js';
import type { Distribution } from '../distributions/distribution.js';
import { DequantizedFlow } from '../flows/dequantized-flow.js';
import { Flow } from '../flows/flow.js';
import { RandomStream } from '../random.js';
import { sizeOf } from '../shapes.js';
import { inTrainingMode } from '../training-mode.js';
import { toTensors, type Batch, type RowShapes } from './data/table.js';
import type { Diagnosis } from './diagnosis.js';
import type { Objective } from './objectives/objective.js';
import type { ParameterSlab } from './parameter-slab.js';

/** What there is to examine. */
export interface Evidence {
  readonly batch: Batch;
  readonly shapes: RowShapes;
  /** The random numbers of the step, from their start; null when the model was evaluated rather than trained. */
  readonly stream: RandomStream | null;
  readonly objective: Objective;
  /** The random numbers of the objective. */
  readonly objectiveStream: RandomStream;
  readonly weights: ParameterSlab;
  /** Gradient of the step, flat, if there is one. */
  readonly gradient: Tensor1D | null;
  /** Value of the objective. */
  readonly loss: number;
}

/**
 * Finds the first thing that is not finite: a parameter; else what the objective has to say; else the value or log-determinant
 * of a layer, walking from the data to the base, or the way that the rows went; else the gradient of a parameter.
 */
export async function diagnose(model: Distribution, evidence: Evidence): Promise<Diagnosis> {
  const parameter = await findParameter(model);
  if (parameter) return parameter;
  const blamed = await examine(model, evidence);
  if (blamed) return blamed;
  const stages = trace(model, evidence);
  try {
    return (
      (await findStage(stages, evidence)) ??
      (await findGradient(stages, evidence)) ?? {
        got: `${evidence.loss} from the objective, although the densities and gradients of all layers are finite`,
        path: null,
        row: null,
        value: evidence.loss,
      }
    );
  } finally {
    for (const { tensors } of stages) tf.dispose(tensors);
  }
}

/** What the objective knows of the rows itself. */
async function examine(model: Distribution, { batch, shapes, objective, objectiveStream }: Evidence) {
  if (!objective.examine) return null;
  const { x, context, targets, noise } = toTensors(batch, shapes);
  try {
    return await objective.examine(model, { x, context, targets, noise }, objectiveStream);
  } finally {
    for (const tensor of [x, context, targets, noise]) tensor?.dispose();
  }
}

/** The results of one layer. */
interface Stage {
  readonly path: string;
  readonly className: string;
  /** By what they are called in messages. */
  readonly tensors: Record<string, Tensor>;
}

/** Runs the density layer by layer, as the step did. */
function trace(model: Distribution, { batch, shapes, stream, objective }: Evidence): Stage[] {
  const run = () => {
    const stages: Stage[] = [];
    const { x, context, noise } = toTensors(batch, shapes);
    const dequantized = model instanceof DequantizedFlow ? model : null;
    const flow = dequantized?.flow ?? model;
    if (flow instanceof Flow) {
      const prefix = dequantized ? 'flow.' : '';
      const points = dequantized ? withNoise(dequantized, x, noise) : x;
      const inner = flow.embed(context);
      if (flow.embedding) {
        stages.push({ path: `${prefix}embedding`, className: flow.embedding.className, tensors: { value: inner! } });
      }
      const drawing = objective.rows?.(model) === flow.base;
      const z = drawing ? points : walk(flow.bijector, `${prefix}bijector`, 'inverse', points, inner, stages);
      if (flow.base.hasDensity) {
        const density = flow.base.logProb(z, { context: flow.base.contextShape && inner });
        stages.push({ path: `${prefix}base`, className: flow.base.className, tensors: { 'log-density': density } });
      }
      if (drawing) walk(flow.bijector, `${prefix}bijector`, 'forward', points, inner, stages);
    } else if (model.hasDensity) {
      const density = model.logProb(x, { context });
      stages.push({ path: '', className: model.className, tensors: { 'log-density': density } });
    }
    return stages;
  };
  const stages: Stage[] = [];
  tf.tidy(() => {
    const found = stream ? inTrainingMode(stream, run) : run();
    for (const stage of found) Object.values(stage.tensors).forEach((tensor) => tf.keep(tensor));
    stages.push(...found);
  });
  return stages;
}

/** Images with the noise of the step, that of the first draw; with some noise, where the objective drew none of it. */
function withNoise(model: DequantizedFlow, images: Tensor, noise: Tensor | null): Tensor {
  const drawn = noise?.rank === images.rank + 1;
  const own = drawn ? tf.unstack(noise, 1)[0] : model.drawNoise(images.shape[0], new RandomStream('diagnose'));
  return model.dequantize(images, own).u;
}

function walk(
  bijector: Bijector,
  path: string,
  direction: 'forward' | 'inverse',
  input: Tensor,
  context: Tensor | null,
  stages: Stage[],
): Tensor {
  if (bijector instanceof Chain) {
    const members = bijector.bijectors.map((member, i) => ({ member, path: `${path}.${i}` }));
    if (direction === 'inverse') members.reverse();
    return members.reduce((value, next) => walk(next.member, next.path, direction, value, context, stages), input);
  }
  if (bijector instanceof Invert) {
    const opposite = direction === 'inverse' ? 'forward' : 'inverse';
    return walk(bijector.bijector, `${path}.bijector`, opposite, input, context, stages);
  }
  const own = bijector.contextShape && context;
  const [value, logDet] =
    direction === 'inverse' ? bijector.inverseAndLogDet(input, own) : bijector.forwardAndLogDet(input, own);
  stages.push({ path, className: bijector.className, tensors: { value, 'log-determinant': logDet } });
  return value;
}

/** The first parameter of a model that is not finite, or null. */
export async function findParameter(model: Distribution): Promise<Diagnosis | null> {
  for (const { path, variable } of model.parameters) {
    const value = (await variable.data()).find((entry) => !Number.isFinite(entry));
    if (value !== undefined) return { got: `${value} in parameter ${path}`, path, row: null, value };
  }
  return null;
}

async function findStage(stages: readonly Stage[], evidence: Evidence): Promise<Diagnosis | null> {
  for (const { path, className, tensors } of stages) {
    for (const [what, tensor] of Object.entries(tensors)) {
      const values = await tensor.data();
      const at = values.findIndex((entry) => !Number.isFinite(entry));
      if (at < 0) continue;
      const row = Math.floor(at / (sizeOf(tensor.shape) / evidence.batch.rows));
      const place = `row ${row} of the batch (row ${evidence.batch.indices[row]} of the data)`;
      const suspect = (await badGradients(evidence)).find((bad) => bad.path.startsWith(path && `${path}.`));
      const also = suspect ? `; its parameter ${suspect.path} has a gradient of ${suspect.value}` : '';
      const owner = path ? `${path} (${className})` : className;
      return { got: `${values[at]} in the ${what} of ${owner} at ${place}${also}`, path, row, value: values[at] };
    }
  }
  return null;
}

async function findGradient(stages: readonly Stage[], evidence: Evidence): Promise<Diagnosis | null> {
  const [bad] = await badGradients(evidence);
  if (bad) {
    const owner = stages.find((stage) => bad.path.startsWith(stage.path && `${stage.path}.`));
    const of = owner?.path ? ` of ${owner.path} (${owner.className})` : '';
    return { got: `${bad.value} in the gradient of parameter ${bad.path}${of}`, path: bad.path, row: null, value: bad.value }; // prettier-ignore
  }
  if (!evidence.gradient || !Number.isFinite(evidence.loss)) return null;
  const largest = (await gradients(evidence)).reduce((a, b) => (Math.abs(b.value) > Math.abs(a.value) ? b : a));
  const { path, value } = largest;
  return { got: `a gradient too long for float32, up to ${value} for parameter ${path}`, path, row: null, value };
}

/** Parameters whose gradient is not finite, with the first bad value of each. */
async function badGradients(evidence: Evidence): Promise<{ path: string; value: number }[]> {
  return (await gradients(evidence)).filter(({ value }) => !Number.isFinite(value));
}

/** For each parameter the first entry of its gradient that is not finite, or the largest. */
async function gradients({ gradient, weights }: Evidence): Promise<{ path: string; value: number }[]> {
  if (!gradient) return [];
  const all = await gradient.data();
  let start = 0;
  return weights.parameters.map(({ path, variable }) => {
    const own = all.subarray(start, (start += variable.size)) as Float32Array;
    const bad = own.find((value) => !Number.isFinite(value));
    return { path, value: bad ?? own.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0) };
  });
}
