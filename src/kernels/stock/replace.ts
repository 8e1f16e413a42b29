import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig, NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';
import type { WasmBackend } from '../fused/wasm.js';
import { simdModuleOf } from '../wasm/module.js';
import { LOWERINGS } from './lowerings.js';
import type { Place } from './lowering.js';

type Infos = Readonly<Record<string, TensorInfo>>;

/**
 * Kernels of TF.js that our module takes over on wasm, with the shapes of their results. First those in which the two would
 * differ in the last digit: a computation gives the same numbers whether it runs eagerly or from a program. The module is
 * also faster, most of all in products of transposed matrices, by which gradients are made. Then those that only move
 * numbers, which the module does up to a hundred times faster where few of them lie in one piece, such as channels.
 */
const REPLACED: Readonly<Record<string, (inputs: Infos, attributes: NamedAttrMap) => readonly Shape[]>> = {
  Exp: sameAsInput,
  Log: sameAsInput,
  Tanh: sameAsInput,
  Sigmoid: sameAsInput,
  Softplus: sameAsInput,
  Erf: sameAsInput,
  Sin: sameAsInput,
  Cos: sameAsInput,
  Sum: reducedShape,
  Mean: reducedShape,
  BatchMatMul: productShape,
  Reverse: sameAsInput,
  Transpose: ({ x }, { perm }) => [(perm as number[]).map((axis) => x.shape[axis])],
  Concat: joinedShape,
  SplitV: partShapes,
};

/** Takes the kernels over, once; the wasm backend has been loaded before. */
export function replaceStockKernels(): void {
  for (const name of Object.keys(REPLACED)) {
    const stock = tf.getKernel(name, 'wasm') as KernelConfig | undefined;
    if (!stock || replaced.has(stock)) continue;
    const config: KernelConfig = {
      ...stock,
      kernelFunc: (call) => {
        const inputs = call.inputs as Infos;
        return run(name, inputs, call.attrs ?? {}, call.backend as WasmBackend) ?? stock.kernelFunc(call);
      },
    };
    tf.unregisterKernel(name, 'wasm');
    tf.registerKernel(config);
    replaced.add(config);
  }
}

const replaced = new WeakSet<KernelConfig>();

/** The results by our module, as TF.js wants them; null where the kernel is left to TF.js. */
function run(
  name: string,
  inputs: Infos,
  attributes: NamedAttrMap,
  backend: WasmBackend,
): TensorInfo | TensorInfo[] | null {
  const simd = simdModuleOf(backend);
  const infos = Object.values(inputs);
  if (!simd || infos.some(({ dtype, shape }) => dtype !== 'float32' || shape.includes(0))) return null;
  const shapes = REPLACED[name](inputs, attributes);
  if (shapes.some((shape) => shape.includes(0))) return null;
  const outputs = shapes.map((shape) => backend.makeOutput([...shape], 'float32'));
  const place = ({ dataId, shape, dtype }: TensorInfo): Place => {
    return { address: backend.dataIdMap.get(dataId).memoryOffset, shape, dtype };
  };
  const calls = LOWERINGS[name]({
    inputs: Object.fromEntries(Object.entries(inputs).map(([key, info]) => [key, place(info)])),
    outputs: outputs.map(place),
    attributes,
    scratch: simd.scratch(),
  });
  if (!calls) {
    for (const { dataId } of outputs) backend.disposeData(dataId);
    return null;
  }
  for (const call of calls) simd.call(call);
  return name === tf.SplitV ? outputs : outputs[0];
}

function sameAsInput({ x }: Infos): Shape[] {
  return [x.shape];
}

function reducedShape({ x }: Infos, { axis, keepDims }: NamedAttrMap): Shape[] {
  const rank = x.shape.length;
  const given = axis === undefined || axis === null ? x.shape.map((_, i) => i) : [axis as number | number[]].flat();
  const axes = new Set(given.map((i) => (i < 0 ? i + rank : i)));
  return [x.shape.flatMap((length, i) => (!axes.has(i) ? [length] : keepDims ? [1] : []))];
}

function joinedShape(parts: Infos, { axis }: NamedAttrMap): Shape[] {
  const shapes = Object.values(parts).map(({ shape }) => shape);
  const joined = shapes.reduce((sum, shape) => sum + shape.at(axis as number)!, 0);
  return [shapes[0].with(axis as number, joined)];
}

function partShapes({ x }: Infos, { axis, numOrSizeSplits }: NamedAttrMap): Shape[] {
  const at = (axis as number) < 0 ? (axis as number) + x.shape.length : (axis as number);
  const lengths = tf.backend_util.prepareSplitSize(x as Tensor, numOrSizeSplits as number | number[], at);
  return lengths.map((length) => x.shape.with(at, length));
}

function productShape({ a, b }: Infos, { transposeA, transposeB }: NamedAttrMap): Shape[] {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = batchA.length >= batchB.length ? batchA.map((n, i) => Math.max(n, batchB.at(i - batchA.length) ?? 1)) : batchB; // prettier-ignore
  return [[...batch, rows, columns]];
}
