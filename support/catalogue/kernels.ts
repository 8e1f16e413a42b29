import * as tf from '@tensorflow/tfjs-core';
import type { FusedOp } from '../../src/kernels/fused/op.js';
import { FUSED_OPS } from '../../src/kernels/fused-ops.js';

/** Backends of which each has implementations of its own. */
export const BACKENDS = ['cpu', 'wasm', 'webgl', 'webgpu', 'tensorflow'] as const;

/** A fused operation under the name that people read. */
export interface NamedKernel {
  readonly name: string;
  readonly backends: readonly (typeof BACKENDS)[number][];
}

/** All fused operations with the backends that have a kernel for them; the others run a few kernels of TF.js in its place. */
export function fusedKernels(): NamedKernel[] {
  // Operations that differ in a number alone are one.
  const byName = new Map(FUSED_OPS.map((op) => [shortName(op), op]));
  return [...byName].map(([name, op]) => ({ name, backends: BACKENDS.filter((backend) => has(op, backend)) }));
}

/** Names of the fused operations that a computation calls; what it returns is disposed. */
export function kernelsOf(compute: () => unknown): string[] {
  const called = new Set<string>();
  const engine = tf.engine();
  // Of the class: tracing a program gives the engine itself another such method for a while.
  const methods = Object.getPrototypeOf(engine) as typeof engine;
  const { runKernel } = methods;
  methods.runKernel = function (...call) {
    called.add(call[0]);
    return runKernel.apply(this, call) as never;
  };
  try {
    tf.tidy(() => void compute());
  } finally {
    methods.runKernel = runKernel;
  }
  return [...new Set(FUSED_OPS.filter(({ name }) => called.has(name)).map(shortName))];
}

function has(op: FusedOp<object>, backend: (typeof BACKENDS)[number]): boolean {
  const onBothGpus = backend === 'webgl' || backend === 'webgpu';
  return op[backend] !== undefined || (onBothGpus && op.gpu !== undefined);
}

/** `TfjsFlowsSumLogDets` → `sum-log-dets` */
function shortName({ name }: FusedOp<object>): string {
  return name
    .replace(/^TfjsFlows|\d+$/g, '')
    .replace(/(?<=[a-z\d])(?=[A-Z])/g, '-')
    .toLowerCase();
}
