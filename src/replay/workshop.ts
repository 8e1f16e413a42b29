import { hasSimd } from '../kernels/wasm/module.js';
import { Heap } from './heap.js';
import { processors, Threads } from './threads.js';

/** Memory and threads that all programs of this process share. */
export interface Workshop {
  readonly heap: Heap;
  readonly threads: Threads;
}

/** Sets how many threads programs may use; null for one a processor. */
export function setThreads(count: number | null): void {
  wanted = count;
  workshop?.threads.resize(threadsWanted());
}

/** Threads that programs may use. */
function threadsWanted(): number {
  return wanted ?? Math.min(processors(), MAX_THREADS);
}

/** The one workshop, opened when first needed; null where the engine has no SIMD. */
export function openWorkshop(): Workshop | null {
  if (workshop === undefined) {
    const heap = hasSimd() ? new Heap() : null;
    workshop = heap && { heap, threads: new Threads(heap, threadsWanted()) };
  }
  return workshop;
}

/** More do not help: a batch is cut into no more lanes. */
const MAX_THREADS = 16;

let wanted: number | null = null;
let workshop: Workshop | null | undefined;
