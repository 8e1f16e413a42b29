import * as tf from '@tensorflow/tfjs-core';
import type { DataId, KernelBackend, NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { FlowConfigError } from 'tfjs-flows';

/** A tensor in a trace. */
export interface TracedTensor {
  /** Which value of the trace it is. */
  readonly value: number;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
}

/** A kernel of TensorFlow.js that has run. */
export interface TracedNode {
  readonly kernel: string;
  /** By the names that the kernel has for them; lists of tensors are in the order of their names. */
  readonly inputs: Readonly<Record<string, TracedTensor>>;
  readonly attributes: NamedAttrMap;
  readonly outputs: readonly TracedTensor[];
}

/** A tensor that no kernel has made: weights, and what the code writes down. */
export interface TracedConstant {
  readonly tensor: TracedTensor;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** What a computation did. */
export interface Trace {
  readonly inputs: readonly TracedTensor[];
  readonly outputs: readonly TracedTensor[];
  readonly constants: readonly TracedConstant[];
  readonly nodes: readonly TracedNode[];
}

/** A backend that computes as the one of plain loops does and has no kernels but those of TensorFlow.js. */
const BACKEND = 'onnx-trace';

let recorder: Recorder | null = null;
/** Kernels may look at values, the code between them may not. */
let depth = 0;

function inKernel<T>(run: () => T): T {
  depth++;
  try {
    return run();
  } finally {
    depth--;
  }
}

class TracingBackend extends MathBackendCPU {
  override readSync(dataId: DataId): ReturnType<MathBackendCPU['readSync']> {
    recorder?.refuseReading(dataId);
    return super.readSync(dataId);
  }

  override async read(dataId: DataId): Promise<Awaited<ReturnType<MathBackendCPU['read']>>> {
    recorder?.refuseReading(dataId);
    return super.read(dataId);
  }
}

/**
 * Runs a computation once and writes down which kernels it called on which tensors. Kernels of this library do not run: what they stand for
 * does, in operations of TensorFlow.js.
 *
 * @throws FlowConfigError for a computation whose course depends on values.
 */
export async function trace(where: string, inputs: readonly Tensor[], compute: (inputs: Tensor[]) => Tensor[]): Promise<Trace> {
  if (recorder) throw new FlowConfigError(where, { expected: 'one export at a time', got: 'another that runs' });
  const before = tf.getBackend();
  register();
  const values = await Promise.all(inputs.map((input) => input.data()));
  try {
    tf.setBackend(BACKEND);
    tf.engine().startScope();
    try {
      const own = inputs.map((input, i) => tf.tensor(values[i], input.shape, input.dtype));
      recorder = new Recorder(where, tf.backend() as MathBackendCPU);
      const ports = own.map((input) => recorder!.made(input));
      const results = compute(own);
      return { inputs: ports, outputs: results.map((result) => recorder!.used(result)), constants: recorder.constants, nodes: recorder.nodes };
    } finally {
      tf.engine().endScope();
    }
  } finally {
    recorder = null;
    tf.setBackend(before);
  }
} // prettier-ignore

function register(): void {
  if (tf.findBackendFactory(BACKEND)) return;
  tf.registerBackend(BACKEND, () => new TracingBackend() as unknown as KernelBackend, -1);
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend('cpu')) {
    if (isOwn(kernelName)) continue;
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: (parameters) => {
        const outputs = inKernel(() => kernelFunc(parameters));
        recorder?.ran(kernelName, parameters.inputs as Record<string, TensorInfo>, parameters.attrs ?? {}, outputs);
        return outputs;
      },
    });
  }
}

/** Whether a kernel is none of TensorFlow.js itself: those are on its other backends, too. */
function isOwn(kernelName: string): boolean {
  return !STOCK.has(kernelName);
}

class Recorder {
  readonly nodes: TracedNode[] = [];
  readonly constants: TracedConstant[] = [];
  readonly #where: string;
  readonly #backend: MathBackendCPU;
  /** Tensors that share their data differ in shape. */
  readonly #known = new Map<DataId, TracedTensor[]>();
  readonly #made = new Set<DataId>();
  #count = 0;

  constructor(where: string, backend: MathBackendCPU) {
    this.#where = where;
    this.#backend = backend;
  }

  refuseReading(dataId: DataId): void {
    if (depth > 0 || !this.#made.has(dataId)) return;
    throw new FlowConfigError(this.#where, { expected: 'a computation whose course does not depend on values', got: 'one that looks at values on its way, such as a search for an inverse' }); // prettier-ignore
  }

  ran(kernel: string, inputs: Record<string, TensorInfo>, attributes: NamedAttrMap, outputs: TensorInfo | TensorInfo[]): void {
    const given = Object.entries(inputs).filter(([, input]) => input !== undefined && input !== null);
    const used = Object.fromEntries(given.map(([name, input]) => [name, this.used(input)]));
    const made = (Array.isArray(outputs) ? outputs : [outputs]).map((output) => this.made(output));
    this.nodes.push({ kernel, inputs: used, attributes, outputs: made });
  } // prettier-ignore

  /** A tensor as a new value. */
  made(info: TensorInfo): TracedTensor {
    const traced = { value: this.#count++, shape: [...info.shape], dtype: info.dtype as TracedTensor['dtype'] };
    this.#made.add(info.dataId);
    this.#known.set(info.dataId, [...(this.#known.get(info.dataId) ?? []), traced]);
    return traced;
  }

  /** A tensor as the value that it is, a constant where no kernel has made it. */
  used(info: TensorInfo): TracedTensor {
    const same = (traced: TracedTensor) => traced.shape.length === info.shape.length && traced.shape.every((length, axis) => length === info.shape[axis]) && traced.dtype === info.dtype; // prettier-ignore
    const known = this.#known.get(info.dataId)?.findLast(same);
    if (known) return known;
    const traced = { value: this.#count++, shape: [...info.shape], dtype: info.dtype as TracedTensor['dtype'] };
    // The engine may have to bring it here first.
    const values = this.#backend.data.get(info.dataId).values as Float32Array | Int32Array | Uint8Array;
    this.constants.push({ tensor: traced, values: values.slice() });
    this.#known.set(info.dataId, [...(this.#known.get(info.dataId) ?? []), traced]);
    return traced;
  }
}

/** Kernels that can be written down. */
const STOCK: ReadonlySet<string> = new Set(
  (
    '_FusedMatMul Abs Acos Acosh Add AddN All Any ArgMax ArgMin Asin Asinh Atan Atan2 Atanh BatchMatMul Cast Ceil ClipByValue Concat Conv2D ' +
    'Cos Cosh Cumprod Cumsum DepthToSpace DepthwiseConv2dNative Einsum Elu Equal Erf Exp ExpandDims Expm1 Fill FlipLeftRight Floor FloorDiv FusedConv2D ' +
    'GatherNd GatherV2 Greater GreaterEqual Identity IsFinite IsInf IsNan LeakyRelu Less LessEqual LinSpace Log Log1p LogicalAnd LogicalNot LogicalOr ' +
    'Max Maximum Mean Min Minimum MirrorPad Mod Multiply Neg NotEqual OneHot OnesLike Pack PadV2 Pow Prelu Prod Range RealDiv Reciprocal Relu Relu6 Reshape ' +
    'Reverse Round Rsqrt ScatterNd SearchSorted Select Selu Sigmoid Sign Sin Sinh Slice Softmax SpaceToBatchND BatchToSpaceND Softplus SplitV Sqrt Square ' +
    'SquaredDifference Step StridedSlice Sub Sum Tan Tanh TensorScatterUpdate Tile TopK Transpose Unpack ZerosLike BroadcastArgs Diag UnsortedSegmentSum'
  ).split(' '),
);
