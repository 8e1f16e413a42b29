import test from 'ava';
import {
  ConditionalNormal,
  EinsteinCrystal,
  FlowConfigError,
  FlowShapeError,
  Laplace,
  Mixture,
  MultivariateNormal,
  Normal,
  Product,
  ready,
  StudentT,
  Uniform,
  UniformBodies,
  UniformSphere,
  VonMises,
} from '../../src/index.js';

test.before(async () => {
  await ready({ backend: 'cpu' });
});

const normal = (size: number) => Normal.standard([size]);
const conditional = (context: number) => new ConditionalNormal({ eventShape: [1], contextShape: [context] });

/** What must not be built, and how the refusal begins. */
const CONFIG_ERRORS: [build: () => unknown, message: string][] = [
  [() => new Normal({}), 'Normal: expected `eventShape`, or a list of numbers for loc or scale, got neither.'],
  [() => new Normal({ eventShape: [2.5] }), 'Normal.eventShape: expected a shape: a list of positive integers, got [2.5].'], // prettier-ignore
  [() => new Normal({ eventShape: [0] }), 'Normal.eventShape: expected a shape: a list of positive integers, got [0].'],
  [() => new Normal({ eventShape: 3 as never }), 'Normal.eventShape: expected a shape: a list of positive integers, got 3.'], // prettier-ignore
  [() => new Normal({ eventShape: [3], loc: [1, 2] }), 'Normal.loc: expected 3 finite numbers, got 2.'],
  [() => new Normal({ loc: [1, NaN] }), 'Normal.loc: expected 2 finite numbers, got NaN at index 1.'],
  [() => new Normal({ eventShape: [1], loc: Infinity }), 'Normal.loc: expected 1 finite number, got Infinity at index 0.'], // prettier-ignore
  [() => new Normal({ loc: [1, 2], scale: [1, 0] }), 'Normal.scale: expected 2 positive numbers, got 0 at index 1.'],
  [() => new Normal({ loc: [1, 2], scale: [1] }), 'Normal.scale: expected 2 positive numbers, got 1.'],
  [() => new Laplace({ eventShape: [1], scale: -1 }), 'Laplace.scale: expected 1 positive number, got -1 at index 0.'],
  [() => new Laplace({ eventShape: [1], scale: '2' as never }), 'Laplace.scale: expected 1 positive number, got 2 at'],
  [() => new StudentT({ eventShape: [1], df: 0 }), 'StudentT.df: expected 1 positive number, got 0 at index 0.'],
  [() => new StudentT({ df: [1, NaN] }), 'StudentT.df: expected 2 positive numbers, got NaN at index 1.'],
  [() => new StudentT({ eventShape: [1] } as never), 'StudentT.df: expected 1 positive number, got undefined at'],
  [() => new Uniform({ low: [0, 1], high: [1, 1] }), 'Uniform: expected low < high in every coordinate, got [1, 1] at index 1.'], // prettier-ignore
  [() => new Uniform({ low: [2], high: [1] }), 'Uniform: expected low < high in every coordinate, got [2, 1] at index'],
  [() => new Uniform({ low: [NaN], high: [1] }), 'Uniform.low: expected 1 finite number, got NaN at index 0.'],
  [() => new Uniform({ low: [0], high: [Infinity] }), 'Uniform.high: expected 1 finite number, got Infinity at'],
  [() => new VonMises({ loc: [1], concentration: 0 }), 'VonMises.concentration: expected 1 positive number, got 0 at'],
  [() => new VonMises({ loc: [NaN] }), 'VonMises.loc: expected 1 finite number, got NaN at index 0.'],
  [() => new UniformBodies({ bodies: 0, box: [1, 1, 1] }), 'UniformBodies.bodies: expected'],
  [() => new UniformBodies({ bodies: 1, box: null as never }), 'UniformBodies.box: expected three positive lengths, got null.'], // prettier-ignore
  [() => new UniformBodies({ bodies: 1, box: [1, 0, 1] }), 'UniformBodies.box: expected three positive lengths, or null, got [1, 0, 1].'], // prettier-ignore
  [() => new EinsteinCrystal({ sites: [], spread: 1 }), 'EinsteinCrystal: number of sites: expected'],
  [() => new EinsteinCrystal({ sites: [[0, 0, 0], [0, 1]], spread: 1 }), 'EinsteinCrystal.sites: expected three finite numbers for each of 2 bodies, got [0, 1] at index 1.'], // prettier-ignore
  [() => new EinsteinCrystal({ sites: [[0, 0, 0]], spread: 0 }), 'EinsteinCrystal.spread: expected 1 positive number, got 0'], // prettier-ignore
  [() => new EinsteinCrystal({ sites: [[0, 0, 0]], spread: 1, rotationSpread: -1 }), 'EinsteinCrystal.rotationSpread: expected 1 positive number, got -1'], // prettier-ignore
  [() => new EinsteinCrystal({ sites: [[0, 0, 0]], spread: 1, orientations: [[0, 0, 0, 0]] }), 'EinsteinCrystal.orientations: expected four numbers, not all zero for each of 1 bodies, got [0, 0, 0, 0] at index 0.'], // prettier-ignore
  [() => new EinsteinCrystal({ sites: [[0, 0, 0]], spread: 1, orientations: [] }), 'EinsteinCrystal.orientations: expected four numbers, not all zero for each of 1 bodies, got 0 of them.'], // prettier-ignore
  [() => new MultivariateNormal({}), 'MultivariateNormal: expected one of `covariance` and `scaleTril`, got neither.'],
  [() => new MultivariateNormal({ covariance: [[1]], scaleTril: [[1]] }), 'MultivariateNormal: expected one of `covariance` and `scaleTril`, got both.'], // prettier-ignore
  [() => new MultivariateNormal({ covariance: [] }), 'MultivariateNormal.covariance: expected a square matrix of finite numbers, got an empty list.'], // prettier-ignore
  [() => new MultivariateNormal({ covariance: [[1, 2]] }), 'MultivariateNormal.covariance: expected a square matrix of finite numbers, got 1 rows, row 0 of length 2.'], // prettier-ignore
  [() => new MultivariateNormal({ covariance: [[NaN]] }), 'MultivariateNormal.covariance: expected a square matrix of finite numbers, got NaN in row 0, column 0.'], // prettier-ignore
  [() => new MultivariateNormal({ covariance: [[1, 0.5], [0.4, 1]] }), 'MultivariateNormal.covariance: expected a symmetric matrix, got 0.5 in row 0, column 1.'], // prettier-ignore
  [() => new MultivariateNormal({ covariance: [[1, 2], [2, 1]] }), 'MultivariateNormal.covariance: expected a positive definite matrix, got'], // prettier-ignore
  [() => new MultivariateNormal({ covariance: [[1, 1], [1, 1]] }), 'MultivariateNormal.covariance: expected a positive definite matrix, got'], // prettier-ignore
  [() => new MultivariateNormal({ covariance: [[-1]] }), 'MultivariateNormal.covariance: expected a positive definite'],
  [() => new MultivariateNormal({ scaleTril: [[1, 0], [1, 0]] }), 'MultivariateNormal.scaleTril: expected a lower triangular matrix with a positive diagonal, got 0 in row 1, column 1.'], // prettier-ignore
  [() => new MultivariateNormal({ scaleTril: [[1, 1], [1, 1]] }), 'MultivariateNormal.scaleTril: expected a lower triangular matrix with a positive diagonal, got 1 in row 0, column 1.'], // prettier-ignore
  [() => new MultivariateNormal({ scaleTril: [[1]], loc: [1, 2] }), 'MultivariateNormal.loc: expected 1 finite number, got 2.'], // prettier-ignore
  [() => new Mixture({ components: [] }), 'Mixture.components: expected a list of at least one distribution, got an empty list.'], // prettier-ignore
  [() => new Mixture({ components: [normal(3), new UniformSphere({ dims: 3 })] }), 'Mixture: expected no unit vectors in component 1, as in the first, got unit vectors in coordinates 0 to 2.'], // prettier-ignore
  [() => new Mixture({} as never), 'Mixture.components: expected a list of at least one distribution, got undefined.'],
  [() => new Mixture({ components: [normal(1)], weights: [1, 1] }), 'Mixture.weights: expected 1 positive number, got 2.'], // prettier-ignore
  [() => new Mixture({ components: [normal(1)], weights: [0] }), 'Mixture.weights: expected 1 positive number, got 0 at'], // prettier-ignore
  [() => new Mixture({ components: [normal(1)], logits: [NaN] }), 'Mixture.logits: expected 1 finite number, got NaN at'], // prettier-ignore
  [() => new Mixture({ components: [normal(1)], weights: [1], logits: [0] }), 'Mixture: expected `weights` or `logits`, got both.'], // prettier-ignore
  [() => new Product({ factors: [] }), 'Product.factors: expected a list of at least one distribution, got an empty list.'], // prettier-ignore
  [() => { const shared = normal(1); return new Product({ factors: [shared, shared] }); }, 'Product.1: expected a Normal of its own, got one that already belongs'], // prettier-ignore
  [() => new ConditionalNormal({ eventShape: [1] } as never), 'ConditionalNormal.contextShape: expected a shape: a list of positive integers, got undefined.'], // prettier-ignore
  [
    () => new ConditionalNormal({ eventShape: [-1], contextShape: [1] }),
    'ConditionalNormal.eventShape: expected a shape',
  ],
];

const SHAPE_ERRORS: [build: () => unknown, message: string][] = [
  [() => new Mixture({ components: [normal(1), normal(2)] }), 'Mixture: expected events of shape [1] from component 1, as the first has, got [2].'], // prettier-ignore
  [() => new Mixture({ components: [conditional(1), conditional(2)] }), 'Mixture: expected one context shape for all members, [1]'], // prettier-ignore
  [() => new Product({ factors: [conditional(1), conditional(2)] }), 'Product: expected one context shape for all members, [1]'], // prettier-ignore
];

for (const [ErrorClass, table] of [
  [FlowConfigError, CONFIG_ERRORS],
  [FlowShapeError, SHAPE_ERRORS],
] as const) {
  // prettier-ignore
  for (const [i, [build, message]] of table.entries()) {
    test(`${ErrorClass.name} ${i}: ${message}`, (t) => {
      const error = t.throws(build, { instanceOf: ErrorClass });
      t.is(error.message.slice(0, message.length), message);
    });
  }
}
