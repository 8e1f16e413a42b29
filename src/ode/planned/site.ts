import { lanesOf, type Lane } from '../../replay/lanes.js';
import type { Mirror } from '../../replay/mirror.js';
import type { Threads } from '../../replay/threads.js';
import type { Workshop } from '../../replay/workshop.js';
import { Memory } from './memory.js';

/** Where something planned is built. */
export interface Site {
  readonly lanes: readonly Lane[];
  /** Copies of the variables. */
  readonly mirror: Mirror;
  readonly threads: Threads;
  /** What is built here lives in it. */
  readonly memory: Memory;
}

/** A site for batches of so many rows. */
export function siteFor(rows: number, mirror: Mirror, { heap, threads }: Workshop): Site {
  return { lanes: lanesOf(rows, mirror.size), mirror, threads, memory: new Memory(heap) };
}
