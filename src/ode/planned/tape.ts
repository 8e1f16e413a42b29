import type { Lane } from '../../replay/lanes.js';
import type { Tableau } from '../tableau.js';
import type { Memory } from './memory.js';
import type { PlannedRecord } from './planned-record.js';

/** Most memory for the frames of one solve. */
const BUDGET = 64 * 2 ** 20;
/** Pieces of a frame begin at multiples of a line of the cache. */
const ALIGNMENT = 64;

/**
 * The frames that the evaluations of a solve leave behind for its way back, see {@link TapedFunction}: those of the first
 * steps, as many as there is room for. All later ones share one frame, and the way back has to make theirs again; it gets
 * the same numbers either way.
 *
 * It remembers the last solve only. Where another one begins before the way back of the first, all of the first is made
 * again.
 */
export class Tape {
  /** Steps that there is room for. They are counted from 0; `steps` itself stands for one that is not kept. */
  readonly steps: number;
  readonly #memory: Memory;
  /** Frames of one step, apart from the first where the last one of the step before serves. */
  readonly #stages: number;
  /** Where in a frame each lane has each piece. */
  readonly #pieces: readonly (readonly number[])[];
  readonly #bytes: number;
  readonly #frames = new Map<number, number>();
  #records = new WeakMap<PlannedRecord, number>();

  /** @param frames numbers in each piece of a frame of a lane, by the length of the lane */
  constructor(
    { method, timePerRow }: { readonly method: Tableau; readonly timePerRow: boolean },
    lanes: readonly Lane[],
    frames: ReadonlyMap<number, { readonly frame: readonly number[] }>,
    memory: Memory,
  ) {
    let bytes = 0;
    this.#pieces = lanes.map(({ rows }) =>
      frames.get(rows)!.frame.map((size) => {
        const at = bytes;
        bytes += Math.ceil((4 * size) / ALIGNMENT) * ALIGNMENT;
        return at;
      }),
    );
    this.#bytes = bytes;
    this.#memory = memory;
    this.#stages = method.b.length - (method.firstSameAsLast ? 1 : 0);
    // A row that stays where it is while others step would need the frame of the step before.
    this.steps = timePerRow ? 0 : Math.max(0, Math.floor((BUDGET / bytes - 1) / this.#stages));
  }

  /** Addresses of the pieces of a lane's frame. */
  places(step: number, stage: number, lane: number): number[] {
    const number = step < this.steps ? step * this.#stages + stage : -1;
    const frame = this.#frames.get(number) ?? this.#memory.floats(this.#bytes / 4);
    this.#frames.set(number, frame);
    return this.#pieces[lane].map((at) => frame + at);
  }

  /** Another solve begins. */
  clear(): void {
    this.#records = new WeakMap();
  }

  /** Its step of this number has been taken. */
  keep(record: PlannedRecord, step: number): void {
    if (step < this.steps) this.#records.set(record, step);
  }

  /** Number of a step whose frames are here; `steps` for any other. */
  stepOf(record: PlannedRecord): number {
    return this.#records.get(record) ?? this.steps;
  }
}
