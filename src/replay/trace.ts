import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { drawsSoFar } from '../random.js';
import type { Shape } from '../shapes.js';

/** A tensor as one kernel sees it. Reshaped tensors share their data. */
export interface Operand {
  /** Names the data: TF.js gives each array of numbers an object of its own. */
  readonly data: object;
  readonly shape: Shape;
  readonly dtype: tf.DataType;
}

/** One kernel that ran. */
export interface TracedKernel {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Operand>>;
  readonly outputs: readonly Operand[];
  readonly attributes: NamedAttrMap;
}

/** Everything that a computation does, without the numbers. */
export interface Computation {
  readonly kernels: readonly TracedKernel[];
  readonly outputs: readonly Operand[];
  /** Values of the data that no kernel makes and that were not declared as known. */
  readonly constants: ReadonlyMap<object, Float32Array | Int32Array>;
}

/** A computation that ran. */
export interface Trace extends Computation {
  /** Values of the outputs this time. */
  readonly values: readonly Float32Array[];
}

/**
 * Runs a computation once and writes down its kernels.
 *
 * @param known data whose values may differ when the trace is repeated: inputs and parameters
 * @returns null when the computation cannot be repeated from its kernels alone: it drew random numbers, looked at
 * values, or changed a variable
 */
export function trace(compute: () => Tensor[], known: ReadonlySet<object>): Trace | null {
  const engine = tf.engine();
  // The engine's own methods; what is set below hides them for a while.
  const own = Object.getPrototypeOf(engine) as typeof engine;
  const kernels: TracedKernel[] = [];
  const made = new Set<object>();
  /** Data that are plain copies of other data. */
  const copies = new Map<object, object>();
  const constants = new Map<object, Float32Array | Int32Array>();
  const drawsBefore = drawsSoFar();
  let looked = false;
  tracing = true;

  const operandOf = ({ dataId, shape, dtype }: Tensor): Operand => ({
    data: copies.get(dataId) ?? dataId,
    shape,
    dtype,
  });
  const note = (tensor: Tensor): Operand => {
    const { data } = operandOf(tensor);
    if (!made.has(data) && !known.has(data) && !constants.has(data)) {
      constants.set(data, (own.readSync.call(engine, tensor.dataId) as Float32Array | Int32Array).slice());
    }
    return operandOf(tensor);
  };
  const run = (name: string, inputs: Record<string, Tensor>, attributes?: NamedAttrMap): Tensor | Tensor[] =>
    own.runKernel.call(engine, name, inputs, attributes) as Tensor | Tensor[];
  engine.runKernel = ((name: string, inputs: Record<string, Tensor>, attributes?: NamedAttrMap) => {
    if (isCopy(name, inputs, attributes)) {
      // Kernels keep copies of their results for the gradient before anyone else sees these.
      const copy = run(name, inputs, attributes) as Tensor;
      copies.set(copy.dataId, operandOf(inputs.x).data);
      return copy;
    }
    const before = Object.fromEntries(
      Object.entries(inputs).flatMap(([key, tensor]) => (tensor ? [[key, note(tensor)]] : [])),
    );
    const result = run(name, inputs, attributes);
    const outputs = Array.isArray(result) ? result : [result];
    // A reshaped tensor shares its data with the input: nothing ran.
    const seen = new Set(Object.values(before).map(({ data }) => data));
    const fresh = outputs.filter((output) => !seen.has(operandOf(output).data));
    if (fresh.length > 0 && [...seen].every((data) => constants.has(data))) {
      // What follows from constants alone is a constant.
      for (const output of fresh) note(output);
    } else if (fresh.length > 0) {
      kernels.push({ name, inputs: before, outputs: outputs.map(operandOf), attributes: attributes ?? {} });
      for (const { dataId } of fresh) made.add(dataId);
    }
    return result;
  }) as typeof engine.runKernel;
  engine.readSync = (data) => {
    looked = true;
    return own.readSync.call(engine, data);
  };
  engine.read = (data) => {
    looked = true;
    return own.read.call(engine, data);
  };
  try {
    const results = tf.tidy(compute);
    const outputs = results.map(note);
    const values = results.map(({ dataId }) => (own.readSync.call(engine, dataId) as Float32Array).slice());
    tf.dispose(results);
    return looked || drawsSoFar() !== drawsBefore ? null : { kernels, outputs, values, constants };
  } finally {
    tracing = false;
    const overrides = engine as Partial<typeof engine>;
    delete overrides.runKernel;
    delete overrides.readSync;
    delete overrides.read;
  }
}

let tracing = false;

/** Whether a trace is being taken: nothing may be replayed inside of it. */
export function isTracing(): boolean {
  return tracing;
}

/** Whether a kernel gives back the numbers it got; truth values count as the numbers 0 and 1. */
function isCopy(name: string, { x }: Record<string, Tensor>, attributes?: NamedAttrMap): boolean {
  return name === 'Identity' || (name === 'Cast' && x.dtype !== 'int32' && attributes?.dtype === 'float32');
}
