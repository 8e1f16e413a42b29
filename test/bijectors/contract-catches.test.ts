import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Affine,
  Bijector,
  ElementwiseAffine,
  ElementwiseTransform,
  type Config,
  type ElementwiseResult,
} from '../../src/index.js';
import type { ValueAndLogDet } from '../../src/bijectors/bijector.js';
import { stopGradient } from '../../src/kernels/stop-gradient/op.js';
import { brokenClaims } from '../contract/broken.js';
import { bijectorChecks, elementwiseChecks } from '../contract/index.js';

/** A doubling of two numbers, to be spoilt in one respect at a time. */
class Doubling extends Bijector {
  static override readonly className: string = 'Doubling';
  static override readonly samples: readonly (() => Bijector)[] = [() => new Doubling()];
  override readonly eventShapeIn = [2];
  override readonly eventShapeOut = [2];
  readonly #shift: Variable;

  constructor(_options: Config = {}) {
    super();
    this.#shift = this.weight('shift', [2], [0.5, -1]);
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return [tf.add(tf.mul(x, 2), this.shift()), tf.scalar(this.logDet())];
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    return [tf.div(tf.sub(y, this.shift()), 2), tf.scalar(-this.logDet())];
  }

  protected logDet(): number {
    return 2 * Math.LN2;
  }

  protected shift(): Tensor {
    return this.#shift;
  }

  override getConfig(): Config {
    return {};
  }
}

test.serial('a sound bijector passes', async (t) => {
  t.deepEqual(await brokenClaims(bijectorChecks([Doubling])), []);
});

test.serial('a log-determinant that is wrong in both directions alike', async (t) => {
  class WrongLogDet extends Doubling {
    static override readonly className = 'WrongLogDet';
    static override readonly samples = [() => new WrongLogDet()];
    protected override logDet(): number {
      return Math.LN2;
    }
  }
  t.deepEqual(await brokenClaims(bijectorChecks([WrongLogDet])), [
    'log-determinants are those of the Jacobian',
    'the density integrates to one and samples follow it',
  ]);
});

test.serial('a parameter that no gradient reaches', async (t) => {
  class CutGradient extends Doubling {
    static override readonly className = 'CutGradient';
    static override readonly samples = [() => new CutGradient()];
    protected override shift(): Tensor {
      return stopGradient(super.shift());
    }
  }
  t.deepEqual(await brokenClaims(bijectorChecks([CutGradient])), [
    'gradients match finite differences',
    'every trainable parameter is reached by a gradient',
  ]);
});

test.serial('options that are not saved', async (t) => {
  class Forgetful extends Affine {
    static override readonly className = 'Forgetful';
    static override readonly samples = [() => new Forgetful({ scale: [2, -3] })];
    override getConfig(): Config {
      return { eventShape: this.eventShapeIn };
    }
  }
  t.deepEqual(await brokenClaims(bijectorChecks([Forgetful])), ['its configuration and parameters rebuild it']);
});

test.serial('tensors that stay behind', async (t) => {
  class Leaky extends Doubling {
    static override readonly className = 'Leaky';
    static override readonly samples = [() => new Leaky()];
    protected override shift(): Tensor {
      tf.keep(tf.scalar(1));
      return super.shift();
    }
  }
  t.deepEqual(await brokenClaims(bijectorChecks([Leaky])), ['no method leaves a tensor behind and dispose frees all']);
});

test.serial('an inverse of something else', async (t) => {
  class OneWay extends Doubling {
    static override readonly className = 'OneWay';
    static override readonly samples = [() => new OneWay()];
    protected override mapInverse(y: Tensor): ValueAndLogDet {
      return [tf.div(y, 2), tf.scalar(-2 * Math.LN2)];
    }
  }
  t.deepEqual(await brokenClaims(bijectorChecks([OneWay])), [
    'inverse undoes forward and forward undoes inverse',
    'the density integrates to one and samples follow it',
  ]);
});

test.serial('rows that depend on one another', async (t) => {
  class Mixing extends Doubling {
    static override readonly className = 'Mixing';
    static override readonly samples = [() => new Mixing()];
    protected override mapForward(x: Tensor): ValueAndLogDet {
      const [y, logDet] = super.mapForward(x);
      return [tf.add(y, tf.mean(x)), logDet];
    }
  }
  t.true((await brokenClaims(bijectorChecks([Mixing]))).includes('batches of every shape are mapped row by row'));
});

test.serial('a value that is another one without its log-determinant', async (t) => {
  class Alone extends Doubling {
    static override readonly className = 'Alone';
    static override readonly samples = [() => new Alone()];
    protected override valueInverse(y: Tensor): Tensor {
      return tf.div(y, 2);
    }
  }
  t.deepEqual(await brokenClaims(bijectorChecks([Alone])), ['batches of every shape are mapped row by row']);
});

test.serial('a class without samples of its own', async (t) => {
  class Unsampled extends Doubling {
    static override readonly className = 'Unsampled';
  }
  t.deepEqual(await brokenClaims(bijectorChecks([Unsampled])), ['can be saved and tested']);
});

test.serial('an elementwise transform with the log-derivative of another scale', async (t) => {
  class WrongSlope extends ElementwiseTransform {
    static override readonly className = 'WrongSlope';
    static override readonly samples = [() => new WrongSlope()];
    readonly parameterCount = 2;
    readonly #affine = new ElementwiseAffine();
    identityParameters(): number[] {
      return this.#affine.identityParameters();
    }
    forward(x: Tensor, raw: Tensor): ElementwiseResult {
      const { value, logDet } = this.#affine.forward(x, raw);
      return { value, logDet: tf.mul(logDet, 1.1) };
    }
    inverse(y: Tensor, raw: Tensor): ElementwiseResult {
      const { value, logDet } = this.#affine.inverse(y, raw);
      return { value, logDet: tf.mul(logDet, 1.1) };
    }
    getConfig(): Config {
      return {};
    }
  }
  t.deepEqual(await brokenClaims(elementwiseChecks([WrongSlope])), ['log-derivatives are those of autodiff']);
});
