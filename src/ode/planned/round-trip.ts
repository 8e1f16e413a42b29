import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { timeTensor } from '../times.js';
import { byLength } from './lane-function.js';
import { PlannedReverse } from './planned-reverse.js';
import { PlannedStepper, type SteppingPlan } from './planned-stepper.js';
import type { Site } from './site.js';
import { Tape } from './tape.js';
import { tapedFunction } from './taped-function.js';

/** A stepper and the way back through its steps, which finds on a tape what the stepper has evaluated before. */
export class RoundTrip {
  private constructor(
    readonly stepper: PlannedStepper,
    readonly reverse: PlannedReverse,
  ) {}

  /**
   * @param plan for a system without totals
   * @param y `[rows, width]`, and inputs like those of every solve to come
   * @returns null when the right-hand side or its vector-Jacobian product cannot be written down
   */
  static build(this: void, plan: SteppingPlan, y: Tensor, inputs: readonly Tensor[], site: Site): RoundTrip | null {
    const { system, timePerRow } = plan;
    const { lanes, mirror, memory } = site;
    const functions = byLength(
      lanes,
      (rows) => [
        timeTensor(new Float64Array(timePerRow ? rows : 1)),
        ...[y, ...inputs].map((x) => tf.slice(x, 0, rows)),
        ...[system.width, system.quadratures].filter((width) => width > 0).map((width) => tf.ones([rows, width])),
      ],
      (given) => tapedFunction(system, given, mirror, memory),
    );
    if (!functions) return null;
    const tape = new Tape(plan, lanes, functions, memory);
    const evaluations = new Map([...functions].map(([rows, { evaluate }]) => [rows, evaluate]));
    const stepper = PlannedStepper.of(evaluations, tape, plan, y, inputs, site);
    const reverse = stepper && PlannedReverse.of(functions, tape, plan, y, inputs, site);
    if (reverse) return new RoundTrip(stepper, reverse);
    stepper?.free();
    return null;
  }

  free(): void {
    this.stepper.free();
    this.reverse.free();
  }
}
