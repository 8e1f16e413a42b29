import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Autoregressive,
  BernoulliLikelihood,
  ElementwiseAffine,
  fit,
  FlowConfigError,
  FlowDataError,
  FlowFileError,
  FlowShapeError,
  importanceWeightedBound,
  Invert,
  loadFlow,
  loadVAE,
  LULinear,
  MaskedMLP,
  MLP,
  MultivariateNormal,
  negativeElbo,
  Normal,
  NormalLikelihood,
  RandomStream,
  ready,
  realNvp,
  Sigmoid,
  VAE,
  type Bijector,
  type FitOptions,
  type Module,
  type VAEOptions,
} from '../../src/index.js';
import { assertClose, numbersOf } from '../support/close.js';
import { perturb } from '../support/perturb.js';
import { smallFlow } from '../training/support.js';

test.before(() => ready({ backend: 'wasm' }));

const linear = ({ inputs, outputs }: { inputs: number; outputs: number }) => new MLP({ inputs, outputs, hidden: [] });
const meanOf = (values: Tensor) => tf.mean(values).dataSync()[0];

/** Overwrites weights by path. */
function assign(module: Module, weights: Record<string, readonly number[]>): void {
  for (const [path, values] of Object.entries(weights)) {
    const { variable } = module.parameters.find((parameter) => parameter.path === path)!;
    tf.tidy(() => variable.assign(tf.tensor([...values], variable.shape)));
  }
}

/*
 * The linear-Gaussian model x = A z + b + σ ξ in two dimensions: z given x is normal with precision P = I + AᵀA / σ² and mean
 * P⁻¹ Aᵀ (x − b) / σ², and x is normal with covariance A Aᵀ + σ².
 */
const A = [1, 0.8, 0.3, 1.1]; // prettier-ignore
const B = [0.5, -1];
const SIGMA = 0.6;
const [P00, P01, P11] = [1 + (A[0] ** 2 + A[2] ** 2) / SIGMA ** 2, (A[0] * A[1] + A[2] * A[3]) / SIGMA ** 2, 1 + (A[1] ** 2 + A[3] ** 2) / SIGMA ** 2]; // prettier-ignore
const DET = P00 * P11 - P01 ** 2;
/** `M`, with which the mean of the posterior is `M (x − b)`. */
const M = [
  (P11 * A[0] - P01 * A[1]) / DET / SIGMA ** 2, (P11 * A[2] - P01 * A[3]) / DET / SIGMA ** 2,
  (P00 * A[1] - P01 * A[0]) / DET / SIGMA ** 2, (P00 * A[3] - P01 * A[2]) / DET / SIGMA ** 2,
]; // prettier-ignore
const marginal = () =>
  new MultivariateNormal({
    loc: B,
    covariance: [
      [A[0] ** 2 + A[1] ** 2 + SIGMA ** 2, A[0] * A[2] + A[1] * A[3]],
      [A[0] * A[2] + A[1] * A[3], A[2] ** 2 + A[3] ** 2 + SIGMA ** 2],
    ],
  });

/** The model with its decoder in place. */
function linearGaussian(posteriorFlow: Bijector | null = null, encoder: VAEOptions['encoder'] = linear): VAE {
  const model = new VAE({ eventShape: [2], latent: 2, encoder, decoder: linear, likelihood: new NormalLikelihood({ scale: SIGMA }), posteriorFlow }); // prettier-ignore
  assign(model, { 'decoder.output.kernel': [A[0], A[2], A[1], A[3]], 'decoder.output.bias': B });
  return model;
}

/** Means `W M (x − b)`, with `W` upper triangular, and fixed log-deviations of an encoder. */
function setEncoder(model: VAE, [w00, w01, w11]: readonly number[], logScales: readonly number[]): void {
  const rows = [[w00 * M[0] + w01 * M[2], w00 * M[1] + w01 * M[3]], [w11 * M[2], w11 * M[3]]]; // prettier-ignore
  const bias = rows.map(([c, d]) => -c * B[0] - d * B[1]);
  const kernel = [rows[0][0], rows[1][0], 0, 0, rows[0][1], rows[1][1], 0, 0];
  assign(model, { 'encoder.output.kernel': kernel, 'encoder.output.bias': [...bias, ...logScales.map((s) => 10 * Math.atanh(s / 10))] }); // prettier-ignore
}

/** The best normal posterior with a diagonal covariance; its divergence from the true one is `GAP`. */
function meanField(): VAE {
  const model = linearGaussian();
  setEncoder(model, [1, 0, 1], [-0.5 * Math.log(P00), -0.5 * Math.log(P11)]);
  return model;
}
const GAP = 0.5 * Math.log((P00 * P11) / DET);

/** The true posterior, by a linear map of standard normal codes: `Wᵀ W = P`. */
function fullCovariance(): VAE {
  const model = linearGaussian(new LULinear({ dims: 2 }));
  const [w00, w01] = [Math.sqrt(P00), P01 / Math.sqrt(P00)];
  const w11 = Math.sqrt(P11 - w01 ** 2);
  setEncoder(model, [w00, w01, w11], [0, 0]);
  const raw = [w00, w11].map((w) => Math.log(Math.expm1(w - 1e-3)));
  assign(model, { 'posteriorFlow.upper': [w01], 'posteriorFlow.diagonal': raw });
  return model;
}

test.serial(
  'a linear-Gaussian model: ELBO ≤ importance-weighted bound ≤ log-likelihood, by as much as is known',
  (t) => {
    using model = meanField();
    using truth = marginal();
    t.false(model.exact);
    tf.tidy(() => {
      const points = tf.tensor2d([[0.7, -1.4], [2, 1]]); // prettier-ignore
      const expected = numbersOf(truth.logProb(points));
      tf.unstack(points).forEach((point, i) => {
        const x = tf.tile(tf.expandDims(point, 0), [4000, 1]);
        const bounds = [1, 4, 64].map((samples) => meanOf(model.logProb(x, { samples, seed: 'bound' })));
        t.true(Math.abs(expected[i] - GAP - bounds[0]) < 0.05, `${bounds[0]}, expected ${expected[i] - GAP}`);
        t.true(bounds[0] < bounds[1] && bounds[1] < bounds[2] && bounds[2] < expected[i] + 0.01, `${bounds}`);
        t.true(bounds[2] > expected[i] - 0.06, `${bounds[2]} of ${expected[i]}`);
      });
    });
  },
);

test.serial('a posterior flow closes the gap: every draw gives the log-likelihood', (t) => {
  using model = fullCovariance();
  using truth = marginal();
  tf.tidy(() => {
    const x = truth.sample(20, { seed: 'x' });
    for (const samples of [1, 3]) assertClose(t, model.logProb(x, { samples, seed: samples }), truth.logProb(x), 1e-4);
    const { logLikelihood, divergence } = model.elboTerms(x, model.drawNoise(20, new RandomStream(1)));
    assertClose(t, tf.sub(logLikelihood, divergence), truth.logProb(x), 1e-4);
    // Codes are those of the posterior: mean M (x − b), precision P.
    const one = tf.tensor2d([[0.7, -1.4]]);
    const codes = model.encode(tf.tile(one, [20_000, 1]), { seed: 2 });
    const mean = [0, 2].map((row) => M[row] * (0.7 - B[0]) + M[row + 1] * (-1.4 - B[1]));
    assertClose(t, tf.mean(codes, 0), mean, 0.02);
    assertClose(t, tf.mean(tf.square(tf.sub(codes, mean)), 0), [P11 / DET, P00 / DET], 0.02);
  });
});

test.serial('the formula of the divergence is what its draws are on average', (t) => {
  using model = meanField();
  // The same prior, as one that the formula does not know.
  using drawn = new VAE({ eventShape: [2], latent: 2, encoder: linear, decoder: linear, likelihood: new NormalLikelihood({ scale: SIGMA }), prior: new Normal({ loc: [0, 0] }) }); // prettier-ignore
  for (const [i, { variable }] of drawn.parameters.entries()) variable.assign(model.parameters[i].variable);
  tf.tidy(() => {
    const x = tf.tile(tf.tensor2d([[0.7, -1.4]]), [20_000, 1]);
    const noise = model.drawNoise(20_000, new RandomStream('kl'));
    const [formula, estimate] = [model, drawn].map((vae) => vae.elboTerms(x, noise));
    const values = numbersOf(formula.divergence);
    t.true(Math.abs(values[0] - values[1]) < 1e-6, 'no draw in it');
    t.true(Math.abs(meanOf(estimate.divergence) - values[0]) < 0.03, `${meanOf(estimate.divergence)}, formula ${values[0]}`); // prettier-ignore
    assertClose(t, estimate.logLikelihood, formula.logLikelihood, 1e-6);
    const loss = negativeElbo({ beta: 3 })(model, { x, context: null, noise }, new RandomStream(0));
    const expected = 3 * values[0] - meanOf(formula.logLikelihood);
    assertClose(t, loss, [expected], 1e-4);
  });
});

test.serial('training closes the gap with an inverse autoregressive flow, and not without', async (t) => {
  using truth = marginal();
  const x = truth.sample(2000, { seed: 'training' });
  const likelihood = tf.tidy(() => meanOf(truth.logProb(x)));
  const iaf = () => {
    const conditioner = (request: { features: number; parametersPerFeature: number; initialOutput: number[] }) => new MaskedMLP({ ...request, hidden: [8], contextShape: [3] }); // prettier-ignore
    return new Invert({ bijector: new Autoregressive({ dims: 2, transform: new ElementwiseAffine(), conditioner }) });
  };
  const gaps: number[] = [];
  for (const flow of [null, iaf()]) {
    using model = linearGaussian(flow);
    model.decoder.trainable = false;
    await fit(model, x, { epochs: 60, batchSize: 500, learningRate: 0.05, seed: 1 });
    gaps.push(likelihood - tf.tidy(() => meanOf(model.logProb(x, { seed: 'gap' }))));
  }
  x.dispose();
  t.true(Math.abs(gaps[0] - GAP) < 0.06, `${gaps[0]} without a flow, at best ${GAP}`);
  t.true(gaps[1] < 0.1 && gaps[1] > -0.05, `${gaps[1]} with one`);
});

/** Pictures of four pixels: two patterns, and a pixel turned now and then. */
function patterns(rows: number): Uint8Array {
  const stream = new RandomStream('patterns');
  const kinds = [[1, 1, 0, 0], [0, 0, 1, 1]]; // prettier-ignore
  return Uint8Array.from(Array.from({ length: rows }, () => {
    const kind = kinds[stream.nextInteger(2)];
    return kind.map((pixel) => (stream.next() < 0.05 ? 1 - pixel : pixel));
  }).flat()); // prettier-ignore
}

const network = (seed: string) => (request: { inputs: number; outputs: number }) => new MLP({ ...request, hidden: [16], activation: 'tanh', seed }); // prettier-ignore

const pictureModel = (options: Partial<VAEOptions> = {}) =>
  new VAE({
    eventShape: [2, 2, 1],
    latent: 1,
    encoder: network('encoder'),
    decoder: network('decoder'),
    likelihood: new BernoulliLikelihood(),
    ...options,
  });

test.serial('a Bernoulli decoder learns two patterns, and draws them', async (t) => {
  using model = pictureModel();
  t.deepEqual([model.discrete, model.support], [true, [0, 1]]);
  const data = patterns(1000);
  const before = tf.memory().numTensors;
  const options: FitOptions = { epochs: 40, batchSize: 250, learningRate: 0.02, seed: 1 };
  await fit(model, data, options);
  t.is(tf.memory().numTensors, before);
  // A fair choice between two patterns, and four pixels of which one in twenty is turned.
  const entropy = Math.log(2) - 4 * (0.05 * Math.log(0.05) + 0.95 * Math.log(0.95));
  tf.tidy(() => {
    const x = tf.tensor(data, [1000, 2, 2, 1], 'float32');
    const [elbo, weighted] = [1, 32].map((samples) => -meanOf(model.logProb(x, { samples })));
    t.true(weighted < elbo && weighted < entropy + 0.35 && weighted > entropy - 0.1, `${elbo}, ${weighted}, entropy ${entropy}`); // prettier-ignore
    const drawn = model.sample(500, { seed: 3 });
    t.deepEqual(drawn.shape, [500, 2, 2, 1]);
    t.true([...drawn.dataSync()].every((pixel) => pixel === 0 || pixel === 1));
    const [first, second] = tf.unstack(tf.reshape(drawn, [500, 4]), 1);
    t.true(meanOf(tf.cast(tf.equal(first, second), 'float32')) > 0.75, 'neighbours agree');
    const mean = model.decode(model.encode(x, { seed: 4 }));
    t.true(meanOf(tf.cast(tf.equal(tf.round(mean), x), 'float32')) > 0.85, 'reconstructions resemble');
  });
  await t.throwsAsync(fit(model, [[0, 0.5, 1, 1]], { epochs: 1 }), { instanceOf: FlowDataError, message: /whole numbers/ }); // prettier-ignore
});

test.serial('several draws train on the tighter bound; steps repeat with the seed', async (t) => {
  const losses = async (options: FitOptions) => {
    using model = pictureModel();
    const found: number[] = [];
    await fit(model, patterns(400), { steps: 12, batchSize: 200, ...options, callbacks: { onStep: ({ loss }) => void found.push(loss) } }); // prettier-ignore
    return found;
  };
  const one = await losses({ seed: 'a' });
  t.deepEqual(await losses({ seed: 'a' }), one);
  t.notDeepEqual(await losses({ seed: 'b' }), one);
  const [single, several] = [await losses({ objective: importanceWeightedBound() }), await losses({ objective: importanceWeightedBound({ samples: 8 }) })]; // prettier-ignore
  t.true(several[0] < single[0], `${several[0]} with eight draws, ${single[0]} with one`);
  // Deterministic codes at first: without the divergence the loss is smaller.
  t.true((await losses({ objective: negativeElbo({ beta: 0 }) }))[11] < one[11]);
});

test.serial('steps with a planned program give what eager ones do', async (t) => {
  const losses = async (rowwise: boolean) => {
    using model = pictureModel({ posteriorFlow: realNvp({ dims: 2, layers: 2, hidden: [4], contextShape: [2], standardize: false }), latent: 2 }); // prettier-ignore
    const elbo = negativeElbo();
    const objective = Object.assign((...call: Parameters<typeof elbo>) => elbo(...call), {
      noise: elbo.noise,
      rowwise,
    });
    const found: number[] = [];
    await fit(model, patterns(400), { steps: 8, batchSize: 400, seed: 1, objective, callbacks: { onStep: ({ loss }) => void found.push(loss) } }); // prettier-ignore
    return found;
  };
  assertClose(t, await losses(true), await losses(false), 1e-4);
});

test.serial('deviations of a normal decoder: fixed, shared or emitted', (t) => {
  tf.tidy(() => {
    const x = tf.tensor2d([[1, -2]]);
    const means = [0.5, 0.5];
    const expected = (scales: readonly number[]) =>
      [1, -2].reduce((sum, at, i) => sum - 0.5 * ((at - 0.5) / scales[i]) ** 2 - Math.log(scales[i]) - 0.5 * Math.log(2 * Math.PI), 0); // prettier-ignore
    using fixed = new NormalLikelihood({ scale: 2 });
    using shared = new NormalLikelihood();
    using emitted = new NormalLikelihood({ scale: 'emitted' });
    assign(shared, { logScale: [Math.log(3)] });
    const raw = [0.5, 2].map((scale) => 10 * Math.atanh(Math.log(scale) / 10));
    assertClose(t, fixed.logProb(x, tf.tensor2d([means])), [expected([2, 2])], 1e-5);
    assertClose(t, shared.logProb(x, tf.tensor2d([means])), [expected([3, 3])], 1e-5);
    const both = tf.tensor2d([[...means, ...raw]]);
    assertClose(t, emitted.logProb(x, both), [expected([0.5, 2])], 1e-5);
    assertClose(t, emitted.mean(both), means, 0);
    const spread = tf.moments(emitted.draw(tf.tile(both, [5000, 1]), new RandomStream(1)), 0).variance;
    assertClose(t, tf.sqrt(spread), [0.5, 2], 0.1);
  });
});

test.serial('contexts reach the networks, and priors may be flows', (t) => {
  const conditional = (seed: string) => (request: { inputs: number; outputs: number }) => new MLP({ ...request, hidden: [4], contextShape: [3], seed }); // prettier-ignore
  using model = new VAE({
    eventShape: [2],
    latent: 2,
    encoder: conditional('encoder'),
    decoder: conditional('decoder'),
    likelihood: new NormalLikelihood(),
    prior: realNvp({ dims: 2, layers: 2, hidden: [4] }),
  });
  t.deepEqual(model.contextShape, [3]);
  tf.tidy(() => {
    const x = tf.ones([2, 2, 2]);
    const context = tf.tensor1d([1, 2, 3]);
    model.initialize(tf.ones([4, 2]), { context: tf.ones([4, 3]) });
    perturb(model, 'context');
    const bound = model.logProb(x, { context, samples: 2 });
    t.deepEqual(bound.shape, [2, 2]);
    t.true([...bound.dataSync()].every(Number.isFinite));
    t.true(numbersOf(tf.sub(bound, model.logProb(x, { context: tf.mul(context, -1), samples: 2 })))[0] !== 0);
    const codes = model.encode(x, { seed: 1, context });
    t.deepEqual(codes.shape, [2, 2, 2]);
    t.deepEqual(model.decode(codes, { context }).shape, [2, 2, 2]);
    t.deepEqual(model.encode(tf.zeros([0, 2]), { seed: 1, context }).shape, [0, 2]);
    t.deepEqual(model.decode(tf.zeros([0, 2]), { context }).shape, [0, 2]);
    t.deepEqual(model.sample(3, { seed: 1, context }).shape, [3, 2]);
    t.throws(() => model.decode(codes), { instanceOf: FlowShapeError, message: /^VAE\.decode/ });
  });
});

test.serial('a saved model gives the same numbers once loaded', async (t) => {
  const posteriorFlow = realNvp({ dims: 2, layers: 2, hidden: [4], contextShape: [3], standardize: false });
  using model = new VAE({ eventShape: [2], latent: 2, encoder: network('e'), decoder: network('d'), likelihood: new NormalLikelihood(), posteriorFlow }); // prettier-ignore
  perturb(model, 'saved');
  await model.save('memory://vae');
  using again = await loadVAE('memory://vae');
  tf.tidy(() => {
    const x = model.sample(5, { seed: 1 });
    assertClose(t, again.sample(5, { seed: 1 }), x, 0);
    assertClose(t, again.logProb(x, { samples: 2 }), model.logProb(x, { samples: 2 }), 0);
  });
  await t.throwsAsync(loadFlow('memory://vae'), { instanceOf: FlowFileError, message: /got a saved VAE/ });
  using plain = smallFlow();
  await plain.save('memory://no vae');
  await t.throwsAsync(loadVAE('memory://no vae'), { instanceOf: FlowFileError, message: /expected a saved VAE, got a saved Flow/ }); // prettier-ignore
});

test.serial('evaluation leaves no tensor behind, and disposal frees all', (t) => {
  const before = tf.memory().numTensors;
  const model = pictureModel();
  const x = tf.ones([3, 2, 2, 1]);
  const held = tf.memory().numTensors;
  const results = [model.logProb(x, { samples: 2 }), model.encode(x, { seed: 1 }), model.sample(2, { seed: 1 })];
  t.is(tf.memory().numTensors, held + 3);
  tf.dispose([...results, x]);
  model.dispose();
  t.is(tf.memory().numTensors, before);
});

test('parts that do not fit, and numbers out of range, are refused', (t) => {
  const build = (options: object) => () => pictureModel(options);
  const config: [() => unknown, RegExp][] = [
    [build({ eventShape: [2.5] }), /^VAE\.eventShape: expected a shape/],
    [build({ latent: 0 }), /^VAE\.latent: expected a shape/],
    [build({ likelihood: 'bernoulli' }), /^VAE\.likelihood: expected a Likelihood.*got bernoulli/],
    [build({ encoder: new MLP({ inputs: 4, outputs: 3, hidden: [] }) }), /^VAE\.encoder: expected a network from 4 inputs to 2 outputs, got 4 to 3/], // prettier-ignore
    [build({ decoder: new MLP({ inputs: 2, outputs: 4, hidden: [] }) }), /^VAE\.decoder: expected a network from 1 inputs to 4 outputs/], // prettier-ignore
    [build({ posteriorFlow: realNvp({ dims: 1, base: new Normal({ loc: [2] }) }) }), /^VAE\.posteriorFlow: expected a bijector, or a flow with a standard normal base, got a flow with another base, a Normal/], // prettier-ignore
    [() => new NormalLikelihood({ scale: 0 }), /^NormalLikelihood\.scale: expected a positive number, 'shared' or 'emitted', got 0/], // prettier-ignore
    [() => new NormalLikelihood({ scale: 'wide' as never }), /got wide/],
    [() => negativeElbo({ beta: -1 }), /^negativeElbo\.beta: expected zero or a positive number, got -1/],
  ];
  for (const [make, message] of config) t.throws(make, { instanceOf: FlowConfigError, message });
  const shape: [() => unknown, RegExp][] = [
    [build({ prior: Normal.standard([2]) }), /^VAE\.prior: expected codes of shape \[1\], got \[2\]/],
    [build({ posteriorFlow: new Sigmoid({ eventShape: [3] }) }), /^VAE\.posteriorFlow: expected codes of shape \[1\], got \[3\]/], // prettier-ignore
  ];
  for (const [make, message] of shape) t.throws(make, { instanceOf: FlowShapeError, message });
  using model = pictureModel();
  using flow = smallFlow();
  tf.tidy(() => {
    t.throws(() => model.logProb(tf.zeros([2, 4])), {
      instanceOf: FlowShapeError,
      message: /^VAE\.logProb: expected x/,
    });
    t.throws(() => model.logProb(tf.zeros([2, 2, 2, 1]), { samples: 0 }), { instanceOf: FlowConfigError, message: /^VAE\.logProb\.samples/ }); // prettier-ignore
    t.throws(() => model.encode(tf.zeros([2, 4]), { seed: 1 }), {
      instanceOf: FlowShapeError,
      message: /^VAE\.encode/,
    });
    t.throws(() => negativeElbo()(flow, { x: tf.zeros([1, 2]), context: null }, new RandomStream(0)), { instanceOf: FlowConfigError, message: /^negativeElbo: expected a VAE, got a Flow/ }); // prettier-ignore
  });
});
