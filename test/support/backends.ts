import type { ExecutionContext, TestFn } from 'ava';
import { ready, type BackendName } from '../../src/index.js';

/** Backends that run in every Node installation. */
export const NODE_BACKENDS: readonly BackendName[] = ['wasm', 'cpu'];

/** Declares one test a backend; the running backend is global, so they run one after the other. */
export function onEachBackend(
  test: TestFn,
  title: string,
  body: (t: ExecutionContext, backend: BackendName) => void | Promise<void>,
): void {
  for (const backend of NODE_BACKENDS) {
    test.serial(`${title} [${backend}]`, async (t) => {
      await ready({ backend });
      await body(t, backend);
    });
  }
}
