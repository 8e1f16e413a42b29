import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SharedMirror, type Mirror } from '../../replay/mirror.js';
import { isTracing } from '../../replay/trace.js';
import { openWorkshop, type Workshop } from '../../replay/workshop.js';
import type { System } from '../system.js';
import { PlannedReverse, type ReversePlan } from './planned-reverse.js';
import { PlannedStepper, type SteppingPlan } from './planned-stepper.js';

/** Sizes that are kept ready; the one unused for longest makes room. */
const MAX_KEPT = 8;

interface Freeable {
  free(): void;
}

/** Steppers and ways back of one system that are kept prepared, by the shapes of what they are for. */
export class Plans {
  readonly #mirror: SharedMirror;
  readonly #kept = new Map<string, Freeable | null>();

  constructor({ variables }: System) {
    this.#mirror = new SharedMirror(() => variables);
  }

  /** A stepper that has set out from `y`; null where there is none for it. */
  stepper(name: string, plan: SteppingPlan, y: Tensor, inputs: readonly Tensor[]): PlannedStepper | null {
    const made = this.#find(`${name} ${plan.timePerRow}`, y, inputs, PlannedStepper, plan);
    return made && made.restart(y, inputs);
  }

  /** A way back that has set out from gradients at the end; null where there is none for it. */
  reverse(plan: ReversePlan, inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null): PlannedReverse | null {
    const made = this.#find(`reverse ${plan.timePerRow}`, dy, inputs, PlannedReverse, plan);
    return made && made.restart(inputs, dy, dq);
  }

  dispose(): void {
    for (const kept of this.#kept.values()) kept?.free();
    this.#kept.clear();
    this.#mirror.free();
  }

  #find<Plan, Made extends Freeable>(
    name: string,
    y: Tensor,
    inputs: readonly Tensor[],
    { build }: { build: Build<Plan, Made> },
    plan: Plan,
  ): Made | null {
    if (tf.getBackend() !== 'wasm' || isTracing() || y.shape[0] === 0) return null;
    const workshop = openWorkshop();
    if (!workshop) return null;
    const key = [name, ...[y, ...inputs].map(({ shape }) => shape.join('x'))].join(' ');
    const known = this.#kept.get(key) as Made | null | undefined;
    this.#kept.delete(key);
    // Prepared at once, though a single solve would be done sooner without: so equal solves give equal bits.
    const found = known === undefined ? build(plan, y, inputs, this.#mirror.in(workshop.heap), workshop) : known;
    this.#kept.set(key, found);
    if (this.#kept.size > MAX_KEPT) {
      const [oldest, made] = this.#kept.entries().next().value!;
      made?.free();
      this.#kept.delete(oldest);
    }
    return found;
  }
}

/** How something is made ready for solves from starts like `y`; null where it cannot be. */
type Build<Plan, Made> = (
  this: void,
  plan: Plan,
  y: Tensor,
  inputs: readonly Tensor[],
  mirror: Mirror,
  workshop: Workshop,
) => Made | null;
