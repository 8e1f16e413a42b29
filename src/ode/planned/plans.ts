import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SharedMirror } from '../../replay/mirror.js';
import { isTracing } from '../../replay/trace.js';
import { openWorkshop } from '../../replay/workshop.js';
import type { System } from '../system.js';
import type { Memory } from './memory.js';
import type { PlannedReverse } from './planned-reverse.js';
import { PlannedStepper, type SteppingPlan } from './planned-stepper.js';
import { RoundTrip } from './round-trip.js';
import { siteFor, type Site } from './site.js';

/** Sizes that are kept ready; the one unused for longest makes room. */
const MAX_KEPT = 8;

interface Freeable {
  free(): void;
}

/** Something prepared, null where it cannot be, and the memory that it lives in. */
interface Kept {
  readonly made: Freeable | null;
  readonly memory: Memory;
}

/** Steppers and ways back of one system that are kept prepared, by the shapes of what they are for. */
export class Plans {
  readonly #mirror: SharedMirror;
  readonly #kept = new Map<string, Kept>();

  constructor({ variables }: System) {
    this.#mirror = new SharedMirror(() => variables);
  }

  /**
   * A stepper that has set out from `y`; null where there is none for it.
   *
   * @param returns whether there will be a way back through its steps
   */
  stepper(
    name: string,
    plan: SteppingPlan,
    y: Tensor,
    inputs: readonly Tensor[],
    returns: boolean,
  ): PlannedStepper | null {
    const returning = returns ? this.#find('round trip', y, inputs, RoundTrip, plan) : null;
    const made = returning?.stepper ?? this.#find(name, y, inputs, PlannedStepper, plan);
    return made && made.restart(y, inputs);
  }

  /** A way back that has set out from gradients at the end; null where there is none for it. */
  reverse(plan: SteppingPlan, inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null): PlannedReverse | null {
    const made = this.#find('round trip', dy, inputs, RoundTrip, plan);
    return made && made.reverse.restart(inputs, dy, dq);
  }

  dispose(): void {
    for (const kept of this.#kept.values()) free(kept);
    this.#kept.clear();
    this.#mirror.free();
  }

  #find<Made extends Freeable>(
    name: string,
    y: Tensor,
    inputs: readonly Tensor[],
    { build }: { build: Build<Made> },
    plan: SteppingPlan,
  ): Made | null {
    if (tf.getBackend() !== 'wasm' || isTracing() || y.shape[0] === 0) return null;
    const workshop = openWorkshop();
    if (!workshop) return null;
    const key = [name, plan.timePerRow, ...[y, ...inputs].map(({ shape }) => shape.join('x'))].join(' ');
    let kept = this.#kept.get(key);
    this.#kept.delete(key);
    if (!kept) {
      // Prepared at once, though a single solve would be done sooner without: so equal solves give equal bits.
      const site = siteFor(y.shape[0], this.#mirror.in(workshop.heap), workshop);
      kept = { made: build(plan, y, inputs, site), memory: site.memory };
      if (!kept.made) kept.memory.free();
    }
    this.#kept.set(key, kept);
    if (this.#kept.size > MAX_KEPT) {
      const [oldest, unused] = this.#kept.entries().next().value!;
      free(unused);
      this.#kept.delete(oldest);
    }
    return kept.made as Made | null;
  }
}

function free({ made, memory }: Kept): void {
  made?.free();
  memory.free();
}

/** How something is made ready for solves from starts like `y`; null where it cannot be. */
type Build<Made> = (this: void, plan: SteppingPlan, y: Tensor, inputs: readonly Tensor[], site: Site) => Made | null;
