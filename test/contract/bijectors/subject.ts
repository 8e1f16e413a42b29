import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Bijector, Interval, ValueAndLogDet } from '../../../src/bijectors/bijector.js';
import { ConstrainedMap } from '../../../src/bijectors/constrained/constrained-map.js';
import type { Parameter } from '../../../src/module.js';
import type { RandomStream } from '../../../src/random.js';
import { sizeOf, type Shape } from '../../../src/shapes.js';
import type { UnitVectors } from '../../../src/unit-vectors.js';
import type { SampledClass } from '../classes.js';
import { drawInside, perturb } from '../draws.js';
import { normalised } from '../spheres.js';
import { read } from '../numerics.js';

export type Direction = 'forward' | 'inverse';
export const DIRECTIONS: readonly Direction[] = ['forward', 'inverse'];

/** One instance under examination, with everything that is drawn for it. */
export class Subject {
  readonly #context: Tensor | null;

  constructor(
    readonly bijector: Bijector,
    readonly make: () => Bijector,
    readonly Class: SampledClass<Bijector>,
    readonly stream: RandomStream,
  ) {
    const shape = bijector.contextShape;
    this.#context = shape && tf.tensor(stream.split('context').normal(sizeOf(shape)), [...shape], 'float32');
  }

  /** One context for all rows, or null. */
  get context(): Tensor | null {
    return this.#context;
  }

  get trainable(): Parameter[] {
    return this.bijector.parameters.filter(({ trainable }) => trainable);
  }

  perturb(scale: number): void {
    perturb(this.bijector.trainableVariables, scale, this.stream.split(`perturb ${scale}`));
  }

  shapeBefore(direction: Direction): Shape {
    return direction === 'forward' ? this.bijector.eventShapeIn : this.bijector.eventShapeOut;
  }

  shapeAfter(direction: Direction): Shape {
    return this.shapeBefore(opposite(direction));
  }

  domain(direction: Direction): Interval {
    return direction === 'forward' ? this.bijector.domainIn : this.bijector.domainOut;
  }

  /** `batch` rows on the side where `direction` starts. */
  draw(direction: Direction, batch: number, name = 'input'): Float32Array {
    if (direction === 'inverse' && this.isConstrained) return this.image(this.draw('forward', batch, name));
    const count = batch * sizeOf(this.shapeBefore(direction));
    return this.place(direction, drawInside(this.domain(direction), count, this.stream.split(`${direction} ${name}`)));
  }

  /** Coordinates of the last axis that are a unit vector on the side where `direction` starts. */
  unitVectors(direction: Direction): UnitVectors | null {
    return direction === 'forward' ? this.bijector.unitVectorsIn : this.bijector.unitVectorsOut;
  }

  /** Rows put onto the spheres that they belong to, if any. */
  place(direction: Direction, rows: Float32Array): Float32Array {
    const vectors = this.unitVectors(direction);
    return vectors ? normalised(rows, this.shapeBefore(direction).at(-1)!, vectors) : rows;
  }

  /** Whether points of the data side satisfy a constraint; they are then images of points of the base side. */
  get isConstrained(): boolean {
    return this.bijector instanceof ConstrainedMap;
  }

  /** Flat indices of the numbers after `direction` that log-determinants are with respect to. */
  freeAfter(direction: Direction): number[] {
    const shape = this.shapeAfter(direction);
    const all = Array.from({ length: sizeOf(shape) }, (_, i) => i);
    if (direction === 'inverse' || !this.isConstrained) return all;
    // Lower triangles of matrices, and all but the last of numbers with a given sum.
    const n = shape.at(-1)!;
    return shape.length === 2 ? all.filter((i) => i % n <= Math.floor(i / n)) : all.slice(0, -1);
  }

  private image(rows: Float32Array): Float32Array {
    return tf.tidy(() => this.bijector.forward(this.tensor('forward', rows)).dataSync<'float32'>().slice());
  }

  tensor(direction: Direction, values: ArrayLike<number>): Tensor {
    const event = this.shapeBefore(direction);
    const data = Float32Array.from(values);
    return tf.tensor(data, [data.length / sizeOf(event), ...event], 'float32');
  }

  map(direction: Direction, input: Tensor, context = this.#context): ValueAndLogDet {
    return direction === 'forward'
      ? this.bijector.forwardAndLogDet(input, context)
      : this.bijector.inverseAndLogDet(input, context);
  }

  /** Image and log-determinant of flat rows, as numbers. */
  async apply(direction: Direction, rows: ArrayLike<number>): Promise<{ value: Float32Array; logDet: Float32Array }> {
    const input = this.tensor(direction, rows);
    const [value, logDet] = this.map(direction, input);
    input.dispose();
    return { value: await read(value), logDet: await read(logDet) };
  }

  dispose(): void {
    this.#context?.dispose();
    this.bijector.dispose();
  }
}

export function opposite(direction: Direction): Direction {
  return direction === 'forward' ? 'inverse' : 'forward';
}
