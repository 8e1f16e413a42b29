import { affineGradientOnWasm, affineOnWasm } from '../src/kernels/affine/wasm.js';
import { adamOnWasm } from '../src/kernels/adam/wasm.js';
import { denseGradientOnWasm, denseOnWasm } from '../src/kernels/dense/wasm.js';
import type { WasmKernel } from '../src/kernels/fused/wasm.js';
import { splineParameterCount, type SplineAttributes } from '../src/kernels/rational-quadratic-spline/spec.js';
import { splineGradientOnWasm, splineOnWasm } from '../src/kernels/rational-quadratic-spline/wasm.js';
import { sumLogDetsOnWasm } from '../src/kernels/sum-log-dets/wasm.js';
import { hasRelaxedSimd, instantiateSimd } from '../src/kernels/wasm/module.js';
import { RandomStream } from '../src/random.js';
import { sizeOf, type Shape } from '../src/shapes.js';
import { measureLimits } from './limits.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';
import { bestSeconds } from './timing.js';

const ROWS = 2048;
const COUNT = 1 << 14;
const BATCHES = [[128, 64, 64], [512, 128, 128], [512, 256, 256], [512, 256, 483]]; // prettier-ignore
const SPLINE: Omit<SplineAttributes, 'inverse'> = {
  bins: 8, low: -3, high: 3, boundaries: 'linear', rawScale: 1, identityAtZero: false,
  minBinWidth: 1e-3, minBinHeight: 1e-3, minDerivative: 1e-3,
}; // prettier-ignore
/** Numbers of the functions in the module's `unary`. */
const UNARY = { exp: 1, log: 2, tanh: 6 };

/** One line of the result. */
interface KernelRate {
  readonly kernel: string;
  readonly microseconds: number;
  readonly rate: number;
  readonly unit: string;
  /** The limit in the same unit. */
  readonly limit: number;
}

/** Rates of the SIMD kernels on one thread beside the limits of the machine. */
export async function benchKernels(quick: boolean): Promise<BenchResult> {
  const seconds = quick ? 0.1 : 0.5;
  const limits = await measureLimits(seconds);
  const { seconds: time, unary } = workbench(seconds);
  const rates: KernelRate[] = [];
  const add = (kernel: string, taken: number, work: number, unit: string, limit: number) =>
    rates.push({ kernel, microseconds: 1e6 * taken, rate: work / taken, unit, limit });

  for (const [batch, inputs, outputs] of BATCHES) {
    const attributes = { activation: 'identity' } as const;
    const [x, y, matrix] = [
      [batch, inputs],
      [batch, outputs],
      [inputs, outputs],
    ];
    const flops = 2e-9 * batch * inputs * outputs;
    const product = (use: string, taken: number) =>
      add(`gemm ${batch}x${inputs}x${outputs} ${use}`, taken, flops, 'GFLOP/s', limits.gflops);
    product('forward', time(denseOnWasm, attributes, [x, matrix, [outputs]], [y]));
    product('input gradient', time(denseGradientOnWasm, attributes, [x, matrix, y, y], [x, null, null]));
    product('weight gradient', time(denseGradientOnWasm, attributes, [x, matrix, y, y], [null, matrix, null]));
  }

  const exp = unary(UNARY.exp);
  const perMap = (exps: number) => (1e-6 * COUNT) / (exps * exp);
  const [x, raw] = [[ROWS], [ROWS, splineParameterCount({ ...SPLINE })]];
  const functions = 2 * SPLINE.bins;
  for (const inverse of [false, true]) {
    const attributes = { ...SPLINE, inverse };
    const name = `spline, 8 bins, ${inverse ? 'inverse' : 'forward'}`;
    add(name, time(splineOnWasm, attributes, [x, raw], [x, x]), 1e-6 * ROWS, 'Mrow/s', perMap(functions + 5));
    const gradient = time(splineGradientOnWasm, attributes, [x, raw, x, x], [x, raw]);
    add(`${name} gradient`, gradient, 1e-6 * ROWS, 'Mrow/s', perMap(functions + 4));
  }
  for (const scale of ['exp', 'sigmoid'] as const) {
    const attributes = { scale, bound: 5, least: 1e-3, inverse: false };
    const pair = [ROWS, 2];
    const forward = time(affineOnWasm, attributes, [x, pair], [x, x]);
    add(`affine, ${scale}`, forward, 1e-6 * ROWS, 'Mrow/s', perMap(scale === 'exp' ? 2 : 3));
    const gradient = time(affineGradientOnWasm, attributes, [x, pair, x, x], [x, pair]);
    add(`affine, ${scale} gradient`, gradient, 1e-6 * ROWS, 'Mrow/s', perMap(scale === 'exp' ? 3 : 5));
  }

  const traffic = (kernel: string, taken: number, floats: number) =>
    add(kernel, taken, 4e-9 * floats, 'GB/s', limits.gbytes);
  for (const [name, code] of Object.entries(UNARY)) {
    traffic(`${name} of ${COUNT}`, code === UNARY.exp ? exp : unary(code), 2 * COUNT);
  }
  const flat = [COUNT];
  const rates4 = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, stepSize: 1e-3, rootScale: 1, decay: 1 };
  traffic(`adam, ${COUNT}`, time(adamOnWasm, rates4, [flat, flat, flat, flat], [flat, flat, flat]), 7 * COUNT);
  traffic(`sum of rows, ${ROWS}x43`, time(sumLogDetsOnWasm, {}, [[ROWS, 43]], [[ROWS]]), 44 * ROWS);
  const stream = new RandomStream('bench');
  traffic(`uniform draws, ${COUNT}`, bestSeconds(() => stream.uniform(COUNT), seconds), COUNT); // prettier-ignore
  traffic(`normal draws, ${COUNT}`, bestSeconds(() => stream.normal(COUNT), seconds), COUNT); // prettier-ignore

  return { json: { bench: 'kernels', relaxed_simd: hasRelaxedSimd(), limits, rates }, table: tableOf(rates) };
}

/** The module in a memory of its own; times kernels on operands of given shapes, filled with unremarkable numbers. */
function workbench(seconds: number) {
  const memory = new WebAssembly.Memory({ initial: 512 });
  const functions = instantiateSimd(memory);
  const stream = new RandomStream('operands');
  let next = 1024;
  const allocate = (floats: number) => {
    const address = next;
    next += 64 * Math.ceil(floats / 16) + 64;
    if (next > memory.buffer.byteLength) memory.grow(Math.ceil((next - memory.buffer.byteLength) / 65536));
    return address;
  };
  const place = (shape: Shape) => {
    const [address, size] = [allocate(sizeOf(shape)), sizeOf(shape)];
    new Float32Array(memory.buffer).set(stream.uniform(size, 0, 2), address / 4);
    return address;
  };
  return {
    seconds<Attributes extends object>(
      kernel: WasmKernel<Attributes>,
      attributes: Attributes,
      inputShapes: readonly Shape[],
      outputShapes: readonly (Shape | null)[],
    ): number {
      next = 1024;
      const inputs = inputShapes.map(place);
      const outputs = outputShapes.map((shape) => shape && place(shape));
      const calls = kernel({ inputs, inputShapes, outputs, scratch: allocate }, attributes);
      return bestSeconds(() => calls.forEach(([name, ...args]) => functions[name](...args)), seconds);
    },
    /** A function of {@link COUNT} numbers, by its code. */
    unary(code: number): number {
      next = 1024;
      const [x, y] = [place([COUNT]), place([COUNT])];
      return bestSeconds(() => functions.unary(code, x, y, COUNT, 0), seconds);
    },
  };
}

function tableOf(rates: readonly KernelRate[]): string {
  const rows = rates.map(({ kernel, microseconds, rate, unit, limit }) => [
    kernel, microseconds.toFixed(1), rate.toFixed(1), unit, limit.toFixed(1), (rate / limit).toFixed(2),
  ]); // prettier-ignore
  return formatTable([['kernel', 'µs', 'rate', 'unit', 'limit', 'rate / limit'], ...rows]);
}
