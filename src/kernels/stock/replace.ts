import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';
import type { WasmBackend } from '../fused/wasm.js';
import { simdModuleOf } from '../wasm/module.js';
import { LOWERINGS } from './lowerings.js';
import type { Place } from './lowering.js';

type Infos = Readonly<Record<string, TensorInfo>>;

/**
 * Kernels of TF.js that our module takes over on wasm, with the shape of the result. They are those in which the two would
 * differ in the last digit: a computation gives the same numbers whether it runs eagerly or from a program. The module is
 * also faster, most of all in products of transposed matrices, by which gradients are made.
 */
const REPLACED: Readonly<Record<string, (inputs: Infos, attributes: NamedAttrMap) => Shape>> = {
  Exp: sameAsInput,
  Log: sameAsInput,
  Tanh: sameAsInput,
  Sigmoid: sameAsInput,
  Softplus: sameAsInput,
  Erf: sameAsInput,
  Sum: reducedShape,
  Mean: reducedShape,
  BatchMatMul: productShape,
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

/** The result by our module; null where the kernel is left to TF.js. */
function run(name: string, inputs: Infos, attributes: NamedAttrMap, backend: WasmBackend): TensorInfo | null {
  const simd = simdModuleOf(backend);
  const infos = Object.values(inputs);
  if (!simd || infos.some(({ dtype, shape }) => dtype !== 'float32' || shape.includes(0))) return null;
  const output = backend.makeOutput([...REPLACED[name](inputs, attributes)], 'float32');
  const place = ({ dataId, shape, dtype }: TensorInfo): Place => {
    return { address: backend.dataIdMap.get(dataId).memoryOffset, shape, dtype };
  };
  const calls = LOWERINGS[name]({
    inputs: Object.fromEntries(Object.entries(inputs).map(([key, info]) => [key, place(info)])),
    outputs: [place(output)],
    attributes,
    scratch: simd.scratch(),
  });
  if (!calls) {
    backend.disposeData(output.dataId);
    return null;
  }
  for (const call of calls) simd.call(call);
  return output;
}

function sameAsInput({ x }: Infos): Shape {
  return x.shape;
}

function reducedShape({ x }: Infos, { axis, keepDims }: NamedAttrMap): Shape {
  const rank = x.shape.length;
  const given = axis === undefined || axis === null ? x.shape.map((_, i) => i) : [axis as number | number[]].flat();
  const axes = new Set(given.map((i) => (i < 0 ? i + rank : i)));
  return x.shape.flatMap((length, i) => (!axes.has(i) ? [length] : keepDims ? [1] : []));
}

function productShape({ a, b }: Infos, { transposeA, transposeB }: NamedAttrMap): Shape {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  return [...(batchA.length >= batchB.length ? batchA.map((n, i) => Math.max(n, batchB.at(i - batchA.length) ?? 1)) : batchB), rows, columns]; // prettier-ignore
}
