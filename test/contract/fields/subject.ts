import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { PotentialField } from '../../../src/fields/potential-field.js';
import type { Rate, VectorField } from '../../../src/fields/vector-field.js';
import type { Parameter } from '../../../src/module.js';
import type { RandomStream } from '../../../src/random.js';
import type { Shape } from '../../../src/shapes.js';
import type { SampledClass } from '../classes.js';
import { perturb } from '../draws.js';
import { read } from '../numerics.js';

/** Times, points, contexts and directions for one field; tensors are freed with the subject. */
export class Subject {
  readonly dims: number;
  readonly #tensors: Tensor[] = [];

  constructor(
    readonly field: VectorField,
    readonly make: () => VectorField,
    readonly Class: SampledClass<VectorField>,
    readonly stream: RandomStream,
  ) {
    this.dims = field.dims;
  }

  get trainable(): Parameter[] {
    return this.field.parameters.filter(({ trainable }) => trainable);
  }

  perturb(scale = 0.3): void {
    perturb(this.field.trainableVariables, scale, this.stream.split(`perturb ${scale}`));
  }

  tensor(values: ArrayLike<number>, shape: Shape): Tensor {
    const tensor = tf.tensor(Float32Array.from(values), [...shape], 'float32');
    this.#tensors.push(tensor);
    return tensor;
  }

  normal(name: string, shape: Shape): Tensor {
    const tensor = this.stream.split(name).normalTensor(shape);
    this.#tensors.push(tensor);
    return tensor;
  }

  time(value = 0.4): Tensor {
    return this.tensor([value], [1, 1]);
  }

  times(rows: number): Tensor {
    return this.tensor(this.stream.split('times').uniform(rows), [rows, 1]);
  }

  context(rows: number): Tensor | null {
    return this.field.contextShape && this.normal('context', [rows, ...this.field.contextShape]);
  }

  /** Every rate that the field has. */
  get rates(): readonly Rate[] {
    const common: readonly Rate[] = ['divergence', 'kinetic', 'jacobian'];
    return this.field instanceof PotentialField ? [...common, 'hjb'] : common;
  }

  /** `f` of flat points, by the public way. */
  velocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor {
    return tf.reshape(this.field.apply(t, tf.reshape(z, [-1, ...this.field.eventShape]), context), z.shape);
  }

  /** `∂f_i/∂z_j` of each row, `[rows][dims * dims]`, by one vector-Jacobian product a coordinate. */
  async jacobians(t: Tensor, z: Tensor, context: Tensor | null): Promise<Float64Array[]> {
    const { dims } = this;
    const rows = z.shape[0];
    const jacobians = Array.from({ length: rows }, () => new Float64Array(dims * dims));
    for (let i = 0; i < dims; i++) {
      const component = (at: Tensor) => tf.sum(tf.slice(this.velocity(t, at, context), [0, i], [-1, 1]));
      const slopes = await read(tf.tidy(() => tf.grad(component)(z)));
      jacobians.forEach((jacobian, row) => jacobian.set(slopes.subarray(row * dims, (row + 1) * dims), i * dims));
    }
    return jacobians;
  }

  dispose(): void {
    tf.dispose(this.#tensors);
    this.field.dispose();
  }
}
