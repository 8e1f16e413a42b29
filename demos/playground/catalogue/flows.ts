/** The flows on offer. */
export type FlowId = 'realnvp' | 'spline' | 'maf' | 'ferumal' | 'residual' | 'cnf' | 'matching' | 'planar';

/** How large a flow is. */
export type SizeId = 's' | 'm' | 'l';

/** Functions of the library that build them. */
export type Factory =
  'realNvp' | 'splineCouplingFlow' | 'maf' | 'ferumalFlow' | 'residualFlow' | 'ffjord' | 'planarFlow';

/** Options of a factory that can be written down as code. */
export type FactoryOptions = Readonly<Record<string, number | string | boolean | readonly number[] | object>>;

/** One flow: what is built, how it is trained, and what the page says about it. */
export interface FlowEntry {
  readonly id: FlowId;
  readonly title: string;
  readonly formula: string;
  readonly caption: string;
  readonly factory: Factory;
  readonly options: Readonly<Record<SizeId, FactoryOptions>>;
  /** In place of the above, where a flow has to be cheap from base to data: for energies. Null: it cannot be trained on one. */
  readonly forEnergies?: FactoryOptions | null;
  /** How `reverseKl` finds its gradient, where that is not by default: flows without a formula for the inverse are not to need it. */
  readonly gradient?: 'total';
  readonly learningRate: number;
  readonly batchSize: number;
  readonly objective: 'likelihood' | 'flowMatching';
}

/** Sizes by their names. */
export const SIZES: Readonly<Record<SizeId, string>> = { s: 'Small', m: 'Medium', l: 'Large' };

/** In the order in which they are offered. */
export const FLOWS: readonly FlowEntry[] = [
  {
    id: 'spline',
    title: 'Spline coupling',
    formula: 'x₁ ← RQSpline(x₁; θ(x₂))',
    caption: 'One coordinate at a time passes through a monotone spline whose knots a network reads off the other.',
    factory: 'splineCouplingFlow',
    options: {
      s: { layers: 3, hidden: [32, 32], bins: 8 },
      m: { layers: 4, hidden: [64, 64], bins: 8 },
      l: { layers: 6, hidden: [96, 96], bins: 16 },
    },
    learningRate: 4e-3,
    batchSize: 256,
    objective: 'likelihood',
  },
  {
    id: 'realnvp',
    title: 'RealNVP',
    formula: 'x₁ ← x₁ · exp s(x₂) + t(x₂)',
    caption: 'Each layer stretches and shifts one coordinate, by amounts that a network reads off the other.',
    factory: 'realNvp',
    options: {
      s: { layers: 6, hidden: [32, 32] },
      m: { layers: 10, hidden: [64, 64] },
      l: { layers: 14, hidden: [96, 96] },
    },
    learningRate: 2e-3,
    batchSize: 256,
    objective: 'likelihood',
  },
  {
    id: 'maf',
    title: 'Masked autoregressive',
    formula: 'zᵢ = (xᵢ − μᵢ(x₁…ᵢ₋₁)) / σᵢ(x₁…ᵢ₋₁)',
    caption:
      'Each coordinate is normalised given those before it: densities in one pass, samples coordinate by coordinate.',
    factory: 'maf',
    options: {
      s: { layers: 5, hidden: [32, 32] },
      m: { layers: 8, hidden: [64, 64] },
      l: { layers: 12, hidden: [96, 96] },
    },
    learningRate: 2e-3,
    batchSize: 256,
    objective: 'likelihood',
  },
  {
    id: 'ferumal',
    title: 'Ferumal (kernels)',
    formula: 'x₁ ← x₁ · exp s(x₂) + t(x₂),  s(x) = Σⱼ k(x, uⱼ) wⱼ',
    caption: 'Couplings without networks: expansions in kernels around points that start on the data.',
    factory: 'ferumalFlow',
    options: {
      s: { layers: 6, points: 50 },
      m: { layers: 10, points: 100 },
      l: { layers: 14, points: 150 },
    },
    learningRate: 1e-2,
    batchSize: 256,
    objective: 'likelihood',
  },
  {
    id: 'residual',
    title: 'Residual',
    formula: 'z = x + g(x),  Lip(g) < 1',
    caption: 'Every block adds a contraction, which moves all coordinates and can still be undone, by iteration.',
    factory: 'residualFlow',
    options: {
      s: { layers: 12, hidden: [32] },
      m: { layers: 20, hidden: [48] },
      l: { layers: 32, hidden: [64] },
    },
    forEnergies: { direction: 'forward' },
    gradient: 'total',
    learningRate: 1e-2,
    batchSize: 256,
    objective: 'likelihood',
  },
  {
    id: 'cnf',
    title: 'Continuous (FFJORD)',
    formula: 'dz/dt = f(z, t),  d log p/dt = −tr ∂f/∂z',
    caption: 'Points drift along the vector field of a network. The density follows from its divergence on the way.',
    factory: 'ffjord',
    options: {
      s: { hidden: [32, 32], solver: { rtol: 1e-3, atol: 1e-3 } },
      m: { hidden: [64, 64], solver: { rtol: 1e-3, atol: 1e-3 } },
      l: { hidden: [64, 64, 64], solver: { rtol: 1e-4, atol: 1e-4 } },
    },
    learningRate: 5e-3,
    batchSize: 256,
    objective: 'likelihood',
  },
  {
    id: 'matching',
    title: 'Flow matching',
    formula: 'min ⟨|f(xₜ, t) − (x₁ − x₀)|²⟩,  xₜ = (1 − t) x₀ + t x₁',
    caption:
      'The same kind of flow, taught the mean velocity of straight lines from noise to data: no equation is solved.',
    factory: 'ffjord',
    options: {
      s: { hidden: [64, 64], span: [0, 1], activation: 'silu', solver: { rtol: 1e-3, atol: 1e-3 } },
      m: { hidden: [96, 96, 96], span: [0, 1], activation: 'silu', solver: { rtol: 1e-3, atol: 1e-3 } },
      l: { hidden: [128, 128, 128], span: [0, 1], activation: 'silu', solver: { rtol: 1e-3, atol: 1e-3 } },
    },
    forEnergies: null,
    learningRate: 2e-3,
    batchSize: 256,
    objective: 'flowMatching',
  },
  {
    id: 'planar',
    title: 'Planar',
    formula: 'z = x + u tanh(wᵀx + b)',
    caption: 'Layers that each push points along one direction: the oldest of them, with few parameters and patience.',
    factory: 'planarFlow',
    options: { s: { layers: 12 }, m: { layers: 24 }, l: { layers: 48 } },
    forEnergies: { direction: 'forward' },
    gradient: 'total',
    learningRate: 1e-2,
    batchSize: 256,
    objective: 'likelihood',
  },
];

/** The entry of a flow. */
export function flowEntry(id: FlowId): FlowEntry {
  return FLOWS.find((entry) => entry.id === id)!;
}

/** Options of the factory, for data or for an energy. */
export function optionsFor(entry: FlowEntry, size: SizeId, seed: string, onEnergy: boolean): FactoryOptions {
  const own = onEnergy ? { ...entry.options[size], ...entry.forEnergies, standardize: false } : entry.options[size];
  return { dims: 2, ...own, seed };
}
