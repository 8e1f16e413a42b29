import {
  ffjord,
  flowMatching,
  negativeLogLikelihood,
  optimalTransport,
  otFlow,
  regularisedLikelihood,
  type Flow,
  type Objective,
  type SolverSettings,
} from 'tfjs-flows';

/** One way to train a continuous flow. */
export interface Method {
  readonly name: string;
  readonly objective: Objective;
  /** Epochs, as multiples of those of the methods that solve an equation at every step. */
  readonly epochs: number;
  readonly learningRate: number;
  /** A flow to train, or with `solver` the same flow under another solver. */
  build(dims: number, seed: number, solver?: SolverSettings): Flow;
}

/** How every flow is judged, whatever it was trained with. */
export const JUDGE: SolverSettings = { method: 'dopri5', rtol: 1e-5, atol: 1e-5 };

/** Points are not standardised, so that one bijector is all there is. */
const common = (dims: number, seed: number, solver: SolverSettings = JUDGE) =>
  ({ dims, seed, solver, standardize: false }) as const;

/** The first is what the others are compared with. All but OT-Flow have the network of {@link ffjord}. */
export const METHODS: readonly Method[] = [
  {
    name: 'CNF',
    objective: negativeLogLikelihood,
    epochs: 1,
    learningRate: 1e-2,
    build: (dims, seed, solver) => ffjord({ ...common(dims, seed, solver) }),
  },
  {
    name: 'RNODE',
    objective: regularisedLikelihood({ kinetic: 0.05, jacobian: 0.01 }),
    epochs: 1,
    learningRate: 1e-2,
    build: (dims, seed, solver) => ffjord({ ...common(dims, seed, solver) }),
  },
  {
    name: 'TO-FLOW',
    objective: regularisedLikelihood({ time: 0.1 }),
    epochs: 1,
    learningRate: 1e-2,
    build: (dims, seed, solver) => ffjord({ ...common(dims, seed, solver), learnedTime: { rate: 5 } }),
  },
  {
    name: 'OT-Flow',
    // Its weights (1, 30, 1) of kinetic energy, likelihood and residual, divided by that of the likelihood.
    objective: regularisedLikelihood({ kinetic: 0.5 / 30, hjb: 1 / 30 }),
    epochs: 1,
    learningRate: 5e-2,
    build: (dims, seed, solver = { method: 'rk4', steps: 8 }) => otFlow({ ...common(dims, seed, solver) }),
  },
  {
    name: 'flow matching',
    objective: flowMatching({ coupling: optimalTransport() }),
    epochs: 8,
    learningRate: 5e-3,
    build: (dims, seed, solver) => ffjord({ ...common(dims, seed, solver), span: [0, 1] }),
  },
];
