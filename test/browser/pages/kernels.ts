import { ready, type BackendName } from '../../../src/index.js';
import { FUSED_OPS } from '../../../src/kernels/fused-ops.js';
import { inFloat64, worst } from '../../../src/kernels/fused/float64.js';
import { isEnabled } from '../../../src/kernels/fused/register.js';
import { onBackend } from '../../support/fused.js';
import { WASM_PATH } from '../../../support/browser/wasm-path.js';

/** The largest errors found, and where. */
export interface Errors {
  readonly forward: number;
  readonly gradient: number;
  readonly where: string;
}

/** Starts a backend; the operations that have no kernel there. */
export async function start(backend: BackendName): Promise<string[]> {
  await ready({ backend, wasmPaths: WASM_PATH });
  return FUSED_OPS.filter((op) => !isEnabled(op, backend)).map(({ name }) => name);
}

/** Names of all operations. */
export function operations(): string[] {
  return FUSED_OPS.map(({ name }) => name);
}

/** An operation on its samples. */
export async function onSamples(name: string): Promise<Errors[]> {
  const op = FUSED_OPS.find((other) => other.name === name)!;
  const found: Errors[] = [];
  for (const sample of op.samples) {
    const exact = inFloat64(op, sample);
    const result = await onBackend(op, sample);
    const most = (list: readonly ArrayLike<number>[], truth: readonly ArrayLike<number>[]) =>
      Math.max(0, ...list.map((values, i) => worst(values, truth[i])));
    found.push({
      forward: most(result.outputs, exact.outputs),
      gradient: most(result.gradients, exact.gradients),
      where: JSON.stringify(sample.attributes),
    });
  }
  return found;
}
