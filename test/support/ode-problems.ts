import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { solveInDoubles, type Field } from './ode-reference.js';

/** An initial value problem, on numbers and on tensors, whose solution is known. */
export interface OdeProblem {
  readonly name: string;
  readonly start: readonly number[];
  readonly to: number;
  readonly f: Field;
  /** `y` `[rows, width]`, `t` `[1, 1]` or `[rows, 1]` */
  readonly tensors: (t: Tensor, y: Tensor) => Tensor;
  /** The solution that starts at `start` at time 0. */
  readonly solution: (t: number) => readonly number[];
}

function columns(y: Tensor): Tensor[] {
  return tf.split(y, y.shape[1]!, 1);
}

/** `y' = -y` */
export const decay: OdeProblem = {
  name: 'decay',
  start: [1],
  to: 2,
  f: (_, [y]) => [-y],
  tensors: (_, y) => tf.neg(y),
  solution: (t) => [Math.exp(-t)],
};

/** `x'' = -x` */
export const oscillator: OdeProblem = {
  name: 'harmonic oscillator',
  start: [1, 0],
  to: 2 * Math.PI,
  f: (_, [x, v]) => [v, -x],
  tensors: (_, y) => {
    const [x, v] = columns(y);
    return tf.concat([v, tf.neg(x)], 1);
  },
  solution: (t) => [Math.cos(t), -Math.sin(t)],
};

/** `y' = -y² cos(t) / 2`, with the solution `1 / (1 + sin(t) / 2)`. */
export const driven: OdeProblem = {
  name: 'driven',
  start: [1],
  to: 6,
  f: (t, [y]) => [(-y * y * Math.cos(t)) / 2],
  tensors: (t, y) => tf.mul(tf.mul(tf.square(y), tf.cos(t)), -0.5),
  solution: (t) => [1 / (1 + Math.sin(t) / 2)],
};

/** Eccentricity of {@link kepler}. */
const ECCENTRICITY = 0.5;

/** Two bodies, one period of an orbit with half axis 1 from its pericentre: `q'' = -q / |q|³`, energy -1/2. */
export const kepler: OdeProblem = {
  name: 'Kepler',
  start: [1 - ECCENTRICITY, 0, 0, Math.sqrt((1 + ECCENTRICITY) / (1 - ECCENTRICITY))],
  to: 2 * Math.PI,
  f: (_, [x, y, u, v]) => {
    const cube = (x * x + y * y) ** 1.5;
    return [u, v, -x / cube, -y / cube];
  },
  tensors: (_, state) => {
    const [x, y, u, v] = columns(state);
    const cube = tf.pow(tf.add(tf.square(x), tf.square(y)), 1.5);
    return tf.concat([u, v, tf.neg(tf.div(x, cube)), tf.neg(tf.div(y, cube))], 1);
  },
  solution: (t) => {
    // Kepler's equation, t = E - e sin E, by Newton's method.
    let anomaly = t;
    for (let i = 0; i < 50; i++) {
      anomaly -= (anomaly - ECCENTRICITY * Math.sin(anomaly) - t) / (1 - ECCENTRICITY * Math.cos(anomaly));
    }
    const [cos, sin, root] = [Math.cos(anomaly), Math.sin(anomaly), Math.sqrt(1 - ECCENTRICITY ** 2)];
    const rate = 1 / (1 - ECCENTRICITY * cos);
    return [cos - ECCENTRICITY, root * sin, -sin * rate, root * cos * rate];
  },
};

/** Predators and prey: `x' = x (3/2 - y)`, `y' = y (x - 3)`. */
export const lotkaVolterra: OdeProblem = known({
  name: 'Lotka-Volterra',
  start: [2, 1],
  to: 8,
  f: (_, [x, y]) => [x * (1.5 - y), y * (x - 3)],
  tensors: (_, state) => {
    const [x, y] = columns(state);
    return tf.concat([tf.mul(x, tf.sub(1.5, y)), tf.mul(y, tf.sub(x, 3))], 1);
  },
});

/** Van der Pol's oscillator, `x'' = μ (1 - x²) x' - x`; stiff for large `μ`. */
export function vanDerPol(mu: number, to: number): OdeProblem {
  return known({
    name: `van der Pol, mu = ${mu}`,
    start: [2, 0],
    to,
    f: (_, [x, v]) => [v, mu * (1 - x * x) * v - x],
    tensors: (_, state) => {
      const [x, v] = columns(state);
      return tf.concat([v, tf.sub(tf.mul(tf.mul(tf.sub(1, tf.square(x)), v), mu), x)], 1);
    },
  });
}

/**
 * Robertson's chemical kinetics, with rates from 0.04 to 3e7. The solution at time 40 is that of Hairer and Wanner, "Solving
 * ordinary differential equations II", 1996.
 */
export const robertson: OdeProblem = {
  name: 'Robertson',
  start: [1, 0, 0],
  to: 40,
  f: (_, [x, y, z]) => [-0.04 * x + 1e4 * y * z, 0.04 * x - 1e4 * y * z - 3e7 * y * y, 3e7 * y * y],
  tensors: (_, state) => {
    const [x, y, z] = columns(state);
    const [slow, back, fast] = [tf.mul(x, 0.04), tf.mul(tf.mul(y, z), 1e4), tf.mul(tf.square(y), 3e7)];
    return tf.concat([tf.sub(back, slow), tf.sub(tf.sub(slow, back), fast), fast], 1);
  },
  solution: () => [0.7158270687193941, 9.185534764557338e-6, 0.2841637457458413],
};

/** Period of {@link arenstorf}. */
export const ARENSTORF_PERIOD = 17.06521656015796;

/** A closed orbit round the earth and the moon (Hairer, Nørsett and Wanner, 1993, section II.0); far too tight for float32. */
export const arenstorf: Pick<OdeProblem, 'start' | 'f'> = {
  start: [0.994, 0, 0, -2.0015851063790825],
  f: (_, [x, y, u, v]) => {
    const moon = 0.012277471;
    const earth = 1 - moon;
    const d1 = ((x + moon) ** 2 + y * y) ** 1.5;
    const d2 = ((x - earth) ** 2 + y * y) ** 1.5;
    return [
      u,
      v,
      x + 2 * v - (earth * (x + moon)) / d1 - (moon * (x - earth)) / d2,
      y - 2 * u - (earth * y) / d1 - (moon * y) / d2,
    ];
  },
};

/** A problem whose solution is that in doubles. */
function known(problem: Omit<OdeProblem, 'solution'>): OdeProblem {
  const found = new Map<number, readonly number[]>();
  return {
    ...problem,
    solution: (t) => {
      if (t === 0) return problem.start;
      if (!found.has(t)) found.set(t, solveInDoubles(problem.f, problem.start, 0, t, 1e-12));
      return found.get(t)!;
    },
  };
}
