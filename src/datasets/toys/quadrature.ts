import { logSumExp } from './special.js';

/** Nodes and log-weights of an integration rule. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly logWeights: Float64Array;
}

/** Positive nodes and weights of the eight-point Gauss-Legendre rule on [-1, 1] (Abramowitz and Stegun, table 25.4). */
const GAUSS_8 = [
  [0.1834346424956498, 0.362683783378362],
  [0.525532409916329, 0.3137066458778873],
  [0.7966664774136267, 0.2223810344533745],
  [0.9602898564975363, 0.1012285362903763],
] as const;

/** The eight-point Gauss-Legendre rule on each of `panels` equal parts of [low, high]. */
export function gaussLegendre(low: number, high: number, panels: number): Quadrature {
  const half = (high - low) / (2 * panels);
  const nodes: number[] = [];
  const logWeights: number[] = [];
  for (let panel = 0; panel < panels; panel++) {
    const middle = low + (2 * panel + 1) * half;
    for (const [node, weight] of GAUSS_8) {
      nodes.push(middle - half * node, middle + half * node);
      logWeights.push(Math.log(half * weight), Math.log(half * weight));
    }
  }
  return { nodes: Float64Array.from(nodes), logWeights: Float64Array.from(logWeights) };
}

/** `log ∫ exp(f(t)) dt`. */
export function logIntegral({ nodes, logWeights }: Quadrature, logIntegrand: (t: number) => number): number {
  return logSumExp(nodes.map((t, i) => logIntegrand(t) + logWeights[i]));
}
