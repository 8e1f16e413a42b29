import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import test from 'ava';
import { MLPField, VectorField, type Config } from '../../src/index.js';
import { stopGradient } from '../../src/kernels/stop-gradient/op.js';
import { brokenClaims } from '../contract/broken.js';
import { fieldChecks } from '../contract/index.js';

/** `f(t, z) = tanh(z) w + t`, to be spoilt in one respect at a time. */
class Swirl extends VectorField {
  static override readonly className: string = 'Swirl';
  static override readonly samples: readonly (() => VectorField)[] = [() => new Swirl()];
  override readonly eventShape = [2];
  readonly #weights: Variable;

  constructor(_options: Config = {}) {
    super();
    this.#weights = this.weight('weights', [2, 2], [1, -2, 0.5, 0.3]);
  }

  protected weights(): Tensor {
    return this.#weights;
  }

  protected override velocity(t: Tensor, z: Tensor): Tensor {
    return tf.add(tf.matMul(tf.tanh(z), this.weights()), t);
  }

  override getConfig(): Config {
    return {};
  }
}

test.serial('a sound field passes', async (t) => {
  t.deepEqual(await brokenClaims(fieldChecks([Swirl])), []);
});

test.serial('a closed form of the trace that is wrong', async (t) => {
  class WrongTrace extends Swirl {
    static override readonly className = 'WrongTrace';
    static override readonly samples = [() => new WrongTrace()];
    protected override velocityAndTrace(time: Tensor, z: Tensor): [Tensor, Tensor] {
      return [this.velocity(time, z), tf.sum(tf.mul(z, z), 1)];
    }
  }
  // Nor does it depend on a parameter.
  t.deepEqual(await brokenClaims(fieldChecks([WrongTrace as typeof Swirl])), [
    'rates are those of the velocity and the Jacobian',
    'every trainable parameter is reached by a gradient',
  ]);
});

test.serial('products with another matrix', async (t) => {
  class WrongProducts extends Swirl {
    static override readonly className = 'WrongProducts';
    static override readonly samples = [() => new WrongProducts()];
    protected override products(
      ...[time, z, v, context]: Parameters<VectorField['jacobianProducts']>
    ): [Tensor, Tensor] {
      const [velocity, products] = super.products(time, z, v, context ?? null);
      return [velocity, tf.add(products, tf.mul(v, 0.01))];
    }
  }
  t.deepEqual(await brokenClaims(fieldChecks([WrongProducts as typeof Swirl])), [
    'products are those of the Jacobian',
    'rates are those of the velocity and the Jacobian',
  ]);
});

test.serial('a derivative that is a constant to the next one', async (t) => {
  class OnceOnly extends Swirl {
    static override readonly className = 'OnceOnly';
    static override readonly samples = [() => new OnceOnly()];
    protected override products(
      ...[time, z, v, context]: Parameters<VectorField['jacobianProducts']>
    ): [Tensor, Tensor] {
      const [velocity, products] = super.products(time, z, v, context ?? null);
      return [velocity, stopGradient(products)];
    }
  }
  t.deepEqual(await brokenClaims(fieldChecks([OnceOnly as typeof Swirl])), [
    'gradients of velocity and rates match finite differences',
    'every trainable parameter is reached by a gradient',
  ]);
});

test.serial('a parameter that no gradient reaches', async (t) => {
  class CutGradient extends Swirl {
    static override readonly className = 'CutGradient';
    static override readonly samples = [() => new CutGradient()];
    protected override weights(): Tensor {
      return stopGradient(super.weights());
    }
  }
  t.deepEqual(await brokenClaims(fieldChecks([CutGradient as typeof Swirl])), [
    'gradients of velocity and rates match finite differences',
    'every trainable parameter is reached by a gradient',
  ]);
});

test.serial('rows that depend on one another', async (t) => {
  class Mixing extends Swirl {
    static override readonly className = 'Mixing';
    static override readonly samples = [() => new Mixing()];
    protected override velocity(time: Tensor, z: Tensor): Tensor {
      return tf.add(super.velocity(time, z), tf.mean(z));
    }
  }
  t.true(
    (await brokenClaims(fieldChecks([Mixing as typeof Swirl]))).includes(
      'batches of every shape are mapped row by row',
    ),
  );
});

test.serial('times of which only the first is read', async (t) => {
  class FirstTime extends Swirl {
    static override readonly className = 'FirstTime';
    static override readonly samples = [() => new FirstTime()];
    protected override velocity(time: Tensor, z: Tensor): Tensor {
      return super.velocity(tf.slice(time, [0, 0], [1, 1]), z);
    }
  }
  t.deepEqual(await brokenClaims(fieldChecks([FirstTime as typeof Swirl])), [
    'one time for all rows is the same as that time in every row',
  ]);
});

test.serial('tensors that stay behind', async (t) => {
  class Leaky extends Swirl {
    static override readonly className = 'Leaky';
    static override readonly samples = [() => new Leaky()];
    protected override weights(): Tensor {
      tf.keep(tf.scalar(1));
      return super.weights();
    }
  }
  t.deepEqual(await brokenClaims(fieldChecks([Leaky as typeof Swirl])), [
    'no method leaves a tensor behind and dispose frees all',
  ]);
});

test.serial('options that are not saved', async (t) => {
  class Forgetful extends MLPField {
    static override readonly className = 'Forgetful';
    static override readonly samples = [() => new Forgetful({ dims: 2, hidden: [3], activation: 'softplus' })];
    override getConfig(): Config {
      return { ...super.getConfig(), activation: 'tanh' };
    }
  }
  t.deepEqual(await brokenClaims(fieldChecks([Forgetful as typeof MLPField])), [
    'its configuration and parameters rebuild it',
  ]);
});
