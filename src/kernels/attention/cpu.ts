import type { CpuKernel, Floats } from '../fused/cpu.js';
import { attentionSizes, type AttentionAttributes, type AttentionSizes } from './spec.js';

/** One query after the other, sums in doubles. */
export const attentionOnCpu: CpuKernel<AttentionAttributes> = ([q, k, v], [y], { causal }, [qShape, kShape]) => {
  const sizes = attentionSizes(qShape, kShape);
  const { width } = sizes;
  const sums = new Float64Array(width);
  forEachQuery(q, k, sizes, causal, (query, keys, weights) => {
    sums.fill(0);
    weights.forEach((weight, j) => {
      for (let i = 0; i < width; i++) sums[i] += weight * v[keys + j * width + i];
    });
    y.set(sums, query);
  });
};

/**
 * With weights `p` of a query: `dv_j += p_j dy`, and with `ds_j = p_j (dy·v_j - Σ_l p_l dy·v_l) / √d`,
 * `dq = Σ ds_j k_j` and `dk_j += ds_j q`.
 */
export const attentionGradientOnCpu: CpuKernel<AttentionAttributes> = (
  [q, k, v, dy],
  [dq, dk, dv],
  { causal },
  [qShape, kShape],
) => {
  const sizes = attentionSizes(qShape, kShape);
  const { width } = sizes;
  const keySums = new Float64Array(k.length);
  const valueSums = new Float64Array(v.length);
  const querySums = new Float64Array(width);
  forEachQuery(q, k, sizes, causal, (query, keys, weights) => {
    const slopes = weights.map((_, j) => dot(dy, query, v, keys + j * width, width));
    const mean = weights.reduce((sum, weight, j) => sum + weight * slopes[j], 0);
    querySums.fill(0);
    weights.forEach((weight, j) => {
      const ds = (weight * (slopes[j] - mean)) / Math.sqrt(width);
      for (let i = 0, at = keys + j * width; i < width; i++, at++) {
        valueSums[at] += weight * dy[query + i];
        keySums[at] += ds * q[query + i];
        querySums[i] += ds * k[at];
      }
    });
    dq.set(querySums, query);
  });
  dk.set(keySums);
  dv.set(valueSums);
};

/** Visits every query: where it begins, where the keys of its head do, and its weights on those that it sees. */
function forEachQuery(
  q: Floats,
  k: Floats,
  { count, queries, positions, width }: AttentionSizes,
  causal: boolean,
  visit: (query: number, keys: number, weights: Float64Array) => void,
): void {
  for (let head = 0; head < count; head++) {
    const keys = head * positions * width;
    for (let i = 0; i < queries; i++) {
      const query = (head * queries + i) * width;
      const seen = causal ? positions - queries + i + 1 : positions;
      const scores = new Float64Array(seen);
      for (let j = 0; j < seen; j++) scores[j] = dot(q, query, k, keys + j * width, width) / Math.sqrt(width);
      visit(query, keys, softmax(scores));
    }
  }
}

function softmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function dot(a: Floats, aStart: number, b: Floats, bStart: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[aStart + i] * b[bStart + i];
  return sum;
}
