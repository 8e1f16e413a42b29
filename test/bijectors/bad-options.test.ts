import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import type { FlowError } from '../../src/index.js';
import {
  ActNorm,
  Affine,
  Bijector,
  Chain,
  FlowConfigError,
  FlowShapeError,
  Invert,
  Logit,
  LULinear,
  Permute,
  ready,
  Reshape,
  Reverse,
  Scale,
  Shift,
  Sigmoid,
  Standardize,
  type Shape,
} from '../../src/index.js';
import type { ValueAndLogDet } from '../../src/bijectors/bijector.js';

/** The identity on two numbers, with a context of any shape. */
class Conditional extends Bijector {
  override readonly eventShapeIn = [2];
  override readonly eventShapeOut = [2];
  constructor(override readonly contextShape: Shape) {
    super();
  }
  override get className() {
    return 'Conditional';
  }
  protected override mapForward(x: tf.Tensor): ValueAndLogDet {
    return [x, tf.scalar(0)];
  }
  protected override mapInverse(y: tf.Tensor): ValueAndLogDet {
    return [y, tf.scalar(0)];
  }
  override getConfig() {
    return {};
  }
}

test.before(() => ready({ backend: 'cpu' }));

type BadCase = readonly [
  title: string,
  type: new (...args: never[]) => FlowError,
  build: () => unknown,
  message: string,
];

const CASES: readonly BadCase[] = [
  [
    'an empty chain',
    FlowConfigError,
    () => new Chain({ bijectors: [] }),
    'Chain: expected at least one bijector, got an empty list.',
  ],
  [
    'a chain whose shapes do not meet',
    FlowShapeError,
    () => new Chain({ bijectors: [Affine.sample(2), Affine.sample(3)] }),
    'Chain: expected bijector 1 (Affine) to take events of shape [2], as bijector 0 (Affine) gives, got [3]. List the bijectors from base to data.',
  ],
  [
    'a chain of two context shapes',
    FlowShapeError,
    () => new Chain({ bijectors: [new Conditional([3]), Affine.sample(2), new Conditional([4])] }),
    'Chain: expected one context shape for all members, [3] as the first conditional one has, got [4] for Conditional.',
  ],
  [
    'a child that belongs to another module',
    FlowConfigError,
    () => {
      const shared = Affine.sample(2);
      return [new Invert({ bijector: shared }), new Invert({ bijector: shared })];
    },
    'Invert.bijector: expected a Affine of its own, got one that already belongs to another module. Build a second one.',
  ],
  [
    'a child listed twice',
    FlowConfigError,
    () => {
      const twice = Affine.sample(2);
      return new Chain({ bijectors: [twice, twice] });
    },
    'Chain.1: expected a Affine of its own, got one that already belongs to another module. Build a second one.',
  ],
  [
    'an order with a gap',
    FlowConfigError,
    () => new Permute({ permutation: [0, 2] }),
    'Permute: expected a rearrangement of 0 ... 1, got [0, 2].',
  ],
  [
    'an order for another length',
    FlowConfigError,
    () => new Permute({ permutation: [1, 0], eventShape: [3] }),
    'Permute: expected a rearrangement of 0 ... 2, got [1, 0].',
  ],
  [
    'nothing to reverse',
    FlowShapeError,
    () => new Reverse({ eventShape: [] }),
    'Reverse: expected events with an axis to reverse, got [].',
  ],
  [
    'an affine map of nothing',
    FlowConfigError,
    () => new Affine({}),
    'Affine: expected `eventShape`, `shift` or `scale`, got none of them.',
  ],
  [
    'a zero scale',
    FlowConfigError,
    () => new Affine({ scale: [1, 0] }),
    'Affine.scale: expected 2 non-zero numbers, got 0 at index 1.',
  ],
  [
    'lists of two lengths',
    FlowConfigError,
    () => new Affine({ shift: [1], scale: [1, 2] }),
    'Affine.scale: expected 1 non-zero numbers, got 2.',
  ],
  [
    'a scale of nothing',
    FlowConfigError,
    () => new Scale({ scale: 2 }),
    'Scale: expected `eventShape` or a list `scale`, got neither.',
  ],
  [
    'one zero scale for all',
    FlowConfigError,
    () => new Scale({ scale: 0, eventShape: [2] }),
    'Scale.scale: expected 2 non-zero numbers, got 0 at index 0.',
  ],
  [
    'an infinite scale',
    FlowConfigError,
    () => new Scale({ scale: [Infinity] }),
    'Scale.scale: expected 1 non-zero numbers, got Infinity at index 0.',
  ],
  [
    'a shift of nothing',
    FlowConfigError,
    () => new Shift({}),
    'Shift: expected `eventShape` or a list `shift`, got neither.',
  ],
  [
    'a shift that is not a number',
    FlowConfigError,
    () => new Shift({ shift: [0, NaN] }),
    'Shift.shift: expected 2 finite numbers, got NaN at index 1.',
  ],
  [
    'a shift of another length',
    FlowConfigError,
    () => new Shift({ shift: [0, 1], eventShape: [3] }),
    'Shift.shift: expected 3 finite numbers, got 2.',
  ],
  [
    'an interval from high to low',
    FlowConfigError,
    () => new Sigmoid({ eventShape: [1], low: 1, high: 1 }),
    'Sigmoid: expected finite ends `low` < `high`, got low 1, high 1. For a half-line use Exp or Softplus.',
  ],
  [
    'an unbounded interval',
    FlowConfigError,
    () => new Logit({ eventShape: [1], high: Infinity }),
    'Logit: expected finite ends `low` < `high`, got low 0, high Infinity. For a half-line use Exp or Softplus.',
  ],
  [
    'a deviation of zero',
    FlowConfigError,
    () => new Standardize({ mean: [0, 0], std: [1, 0] }),
    'Standardize.std: expected 2 positive numbers, got 0 at index 1.',
  ],
  [
    'no channels',
    FlowShapeError,
    () => new ActNorm({ eventShape: [] }),
    'ActNorm: expected events with channels along their last axis, got [].',
  ],
  [
    'half a dimension',
    FlowConfigError,
    () => new LULinear({ dims: 1.5 }),
    'LULinear: expected `dims`: a positive whole number, got 1.5.',
  ],
  [
    'shapes of two sizes',
    FlowShapeError,
    () => new Reshape({ eventShapeIn: [2, 3], eventShapeOut: [5] }),
    'Reshape: expected an `eventShapeOut` with as many entries as [2, 3], 6, got [5], 5 entries.',
  ],
];

for (const [title, type, build, message] of CASES) {
  test(`refused: ${title}`, (t) => {
    const error = t.throws(build, { instanceOf: type });
    t.is(error.message, message);
    t.is(error.name, type.name);
  });
}

type BadCall = readonly [title: string, make: () => Bijector, input: Shape, context: Shape | null, message: string];

const CALLS: readonly BadCall[] = [
  [
    'another event shape',
    () => Affine.sample(2),
    [64, 3],
    null,
    'Affine.inverse: expected y of shape [..., 2], got [64, 3]. The event shape is fixed when the object is built; rebuild it or reshape the input.',
  ],
  [
    'a context that is not wanted',
    () => Affine.sample(2),
    [64, 2],
    [64, 3],
    'Affine.inverse: expected no context, got a context of shape [64, 3]. Build it with `contextShape` to make it conditional.',
  ],
  [
    'a context that is missing',
    () => new Conditional([3]),
    [4, 2],
    null,
    'Conditional.inverse: expected context of shape [3] or [4, 3], got none. This object is conditional: pass `context`.',
  ],
  [
    'a context for another batch',
    () => new Chain({ bijectors: [new Conditional([3])] }),
    [4, 2],
    [5, 3],
    'Chain.inverse: expected context of shape [3] or [4, 3], got [5, 3].',
  ],
];

for (const [title, make, input, context, message] of CALLS) {
  test(`refused: ${title}`, (t) => {
    const before = tf.memory().numTensors;
    const bijector = make();
    const y = tf.zeros([...input]);
    const c = context && tf.zeros([...context]);
    const error = t.throws(() => bijector.inverse(y, c), { instanceOf: FlowShapeError });
    t.is(error.message, message);
    tf.dispose(c ? [y, c] : y);
    bijector.dispose();
    t.is(tf.memory().numTensors, before);
  });
}
