import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SharedMirror } from '../../replay/mirror.js';
import { isTracing } from '../../replay/trace.js';
import { openWorkshop } from '../../replay/workshop.js';
import type { System } from '../system.js';
import { PlannedReverse, type ReversePlan } from './planned-reverse.js';
import { PlannedStepper, type SteppingPlan } from './planned-stepper.js';

/** Sizes that are kept ready; the one unused for longest makes room. */
const MAX_KEPT = 8;
/** From so many rows on a first solve is worth the preparation; with fewer a second. */
const MANY_ROWS = 64;

interface Freeable {
  free(): void;
}

/** Steppers and ways back of one system that are kept prepared, by the shapes of what they are for. */
export class Plans {
  readonly #mirror: SharedMirror;
  readonly #kept = new Map<string, Freeable | number | null>();

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
    for (const kept of this.#kept.values()) free(kept);
    this.#kept.clear();
    this.#mirror.free();
  }

  #find<Plan, Made extends Freeable>(
    name: string,
    y: Tensor,
    inputs: readonly Tensor[],
    Class: { build(plan: Plan, y: Tensor, inputs: readonly Tensor[], ...place: Place): Made | null },
    plan: Plan,
  ): Made | null {
    if (tf.getBackend() !== 'wasm' || isTracing() || y.shape[0] === 0) return null;
    const key = [name, ...[y, ...inputs].map(({ shape }) => shape.join('x'))].join(' ');
    const known = this.#kept.get(key) ?? 0;
    this.#kept.delete(key);
    const found = typeof known !== 'number' ? (known as Made | null) : known > 0 || y.shape[0] >= MANY_ROWS ? this.#build(y, inputs, Class, plan) : 1; // prettier-ignore
    this.#kept.set(key, found);
    if (this.#kept.size > MAX_KEPT) {
      const [oldest, made] = this.#kept.entries().next().value!;
      free(made);
      this.#kept.delete(oldest);
    }
    return typeof found === 'number' ? null : found;
  }

  #build<Plan, Made>(
    y: Tensor,
    inputs: readonly Tensor[],
    Class: { build(plan: Plan, y: Tensor, inputs: readonly Tensor[], ...place: Place): Made | null },
    plan: Plan,
  ): Made | null {
    const workshop = openWorkshop();
    return workshop && Class.build(plan, y, inputs, this.#mirror.in(workshop.heap), workshop);
  }
}

type Place = Parameters<typeof PlannedStepper.build> extends [unknown, unknown, unknown, ...infer Rest] ? Rest : never;

function free(kept: Freeable | number | null): void {
  if (typeof kept === 'object') kept?.free();
}
