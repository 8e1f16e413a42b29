import * as tf from '@tensorflow/tfjs-core';
import {
  DoubleWell,
  fit,
  MetropolisBlock,
  Normal,
  pathDivergence,
  RandomStream,
  realNvp,
  splineCouplingFlow,
  StochasticFlow,
  weightedHistogram,
  type Bijector,
  type StochasticBlock,
} from 'tfjs-flows';

/** Blocks of two couplings. */
const BLOCKS = 3;
const BINS = 30;
const RANGE = [-2.5, 2.5] as const;
/** Paths that are drawn at a time. */
const CHUNK = 10_000;

/** Errors of `-log ρ(x₁)` in kT, root mean squares over bins. */
export interface Errors {
  readonly model: string;
  /** Of the mean over repeated draws, and the standard deviation from one to the next. */
  readonly bias: number;
  readonly spread: number;
  readonly reweighted_bias: number;
  readonly reweighted_spread: number;
  /** `√(bias² + spread²)` */
  readonly total: number;
  readonly reweighted_total: number;
  readonly seconds: number;
}

export interface StochasticOutcome {
  readonly repeats: number;
  /** How often, and how many. */
  readonly draws: readonly [number, number];
  readonly outcomes: readonly Errors[];
}

type Layers = readonly (Bijector | StochasticBlock)[];

function affine(seed: number): Bijector[] {
  return [realNvp({ dims: 2, layers: 2, hidden: [64, 64], standardize: false, seed }).takeApart().bijector];
}

function spline(seed: number): Bijector[] {
  const sizes = { dims: 2, layers: 2, hidden: [64, 64, 64], bins: 20, tailBound: 3 };
  return [splineCouplingFlow({ ...sizes, standardize: false, seed }).takeApart().bijector];
}

const blocks = (make: (seed: number) => Bijector[], repeat: number) =>
  Array.from({ length: BLOCKS }, (_, i) => make(100 * repeat + i)).flat();

/** Metropolis steps before, between and after the blocks. */
function withSteps(bijectors: readonly Bijector[]): Layers {
  const steps = (i: number) => new MetropolisBlock({ level: i / BLOCKS, steps: 20, stepSize: 0.25 });
  return [steps(0), ...bijectors.flatMap((bijector, i) => [bijector, steps(i + 1)])];
}

const MODELS: Record<string, (repeat: number) => Layers> = {
  RNVP: (repeat) => blocks(affine, repeat),
  'RNVP + MC': (repeat) => withSteps(blocks(affine, repeat)),
  splines: (repeat) => blocks(spline, repeat),
  'splines + MC': (repeat) => withSteps(blocks(spline, repeat)),
};

/**
 * Stochastic flows beside plain ones by the measure of Wu, Köhler and Noé, 2020: likelihood, then likelihood and energy in
 * equal parts; the free energy along `x₁` from repeated draws, as they come and weighted.
 */
export async function compareStochastic(quick: boolean): Promise<StochasticOutcome> {
  const [repeats, steps] = quick ? [1, 60] : [3, 300];
  const draws = quick ? ([5, 10_000] as const) : ([20, 100_000] as const);
  const names = Object.keys(MODELS).slice(0, quick ? 2 : undefined);
  const outcomes: Errors[] = [];
  for (const model of names) {
    const runs: Errors[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) runs.push(await run(model, repeat, steps, draws));
    const mean = (of: (errors: Errors) => number) => runs.reduce((sum, errors) => sum + of(errors), 0) / repeats;
    outcomes.push({
      model,
      bias: mean(({ bias }) => bias),
      spread: mean(({ spread }) => spread),
      reweighted_bias: mean((errors) => errors.reweighted_bias),
      reweighted_spread: mean((errors) => errors.reweighted_spread),
      total: mean(({ total }) => total),
      reweighted_total: mean((errors) => errors.reweighted_total),
      seconds: mean(({ seconds }) => seconds),
    });
  }
  return { repeats, draws, outcomes };
}

async function run(model: string, repeat: number, steps: number, draws: readonly [number, number]): Promise<Errors> {
  const energy = new DoubleWell({ a: -0.5, b: -6, c: 1 });
  using flow = new StochasticFlow({ base: Normal.standard([2]), target: energy, layers: MODELS[model](repeat) });
  const rows = energy.sample(10_000, { seed: `data ${repeat}` });
  const began = performance.now();
  const common = { steps, batchSize: 128, learningRate: 5e-3, seed: repeat };
  await fit(flow, rows, { ...common, objective: pathDivergence() });
  await fit(flow, rows, { ...common, objective: pathDivergence({ likelihood: 0.5, reverse: 0.5 }) });
  const seconds = (performance.now() - began) / 1000;
  rows.dispose();
  const profiles = Array.from({ length: draws[0] }, (_, turn) => profilesOf(flow, draws[1], `${repeat}/${turn}`));
  const exact = exactProfile();
  const plain = errorsOf(profiles.map(([profile]) => profile), exact); // prettier-ignore
  const weighted = errorsOf(profiles.map(([, profile]) => profile), exact); // prettier-ignore
  return {
    model,
    bias: plain[0],
    spread: plain[1],
    reweighted_bias: weighted[0],
    reweighted_spread: weighted[1],
    total: Math.hypot(...plain),
    reweighted_total: Math.hypot(...weighted),
    seconds,
  };
}

/** `-log ρ(x₁)` of draws as they come, and weighted. */
function profilesOf(flow: StochasticFlow, draws: number, seed: string): [Float64Array, Float64Array] {
  const values = new Float64Array(draws);
  const logWeights = new Float64Array(draws);
  const stream = new RandomStream(seed);
  for (let start = 0; start < draws; start += CHUNK) {
    const { z, x, entropy, logWeights: weights } = flow.forwardPaths(CHUNK, { seed: stream.split(start) });
    values.set(
      tf.tidy(() => tf.slice(x, [0, 0], [-1, 1]).dataSync<'float32'>()),
      start,
    );
    logWeights.set(weights.dataSync(), start);
    tf.dispose([z, x, entropy, weights]);
  }
  const options = { bins: BINS, range: RANGE };
  // A bin that no draw is in counts as one with a single draw.
  const least = BINS / (draws * (RANGE[1] - RANGE[0]));
  const profile = ({ density }: { density: Float64Array }) => density.map((value) => -Math.log(Math.max(value, least)));
  return [profile(weightedHistogram(values, options)), profile(weightedHistogram(values, { ...options, logWeights }))];
}

/** The same of the target, by the midpoint rule. */
function exactProfile(): Float64Array {
  const fine = 200;
  const width = (RANGE[1] - RANGE[0]) / BINS;
  const masses = Float64Array.from({ length: BINS }, (_, bin) => {
    let sum = 0;
    for (let i = 0; i < fine; i++) {
      const x = RANGE[0] + width * (bin + (i + 0.5) / fine);
      sum += Math.exp(0.5 * x + 6 * x ** 2 - x ** 4) / fine;
    }
    return sum;
  });
  const total = masses.reduce((sum, mass) => sum + mass * width, 0);
  return masses.map((mass) => -Math.log(mass / total));
}

/** Root mean squares over bins: of the mean's error, and of the standard deviation. */
function errorsOf(profiles: readonly Float64Array[], exact: Float64Array): [bias: number, spread: number] {
  let [bias, spread] = [0, 0];
  exact.forEach((truth, bin) => {
    const mean = profiles.reduce((sum, profile) => sum + profile[bin], 0) / profiles.length;
    const variance = profiles.reduce((sum, profile) => sum + (profile[bin] - mean) ** 2, 0) / (profiles.length - 1);
    bias += (mean - truth) ** 2 / BINS;
    spread += variance / BINS;
  });
  return [Math.sqrt(bias), Math.sqrt(spread)];
}
