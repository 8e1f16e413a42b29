import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../../errors.js';
import { formatShape, sameShape } from '../../shapes.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { attentionGradientOnCpu, attentionOnCpu } from './cpu.js';
import { attentionReference } from './reference.js';
import { attentionSamples } from './samples.js';
import type { AttentionAttributes } from './spec.js';
import { attentionGradientOnWasm, attentionOnWasm } from './wasm.js';

/**
 * `softmax(q kᵀ / √d) v` for each head. `q` and `y`: `[batch, heads, queries, d]`; `k` and `v`:
 * `[batch, heads, positions, d]`.
 *
 * The weights of some queries at a time are all that is ever in memory, and the gradient computes them again from what
 * it needs anyway (as in Dao et al., "FlashAttention", 2022): nothing of size queries × positions is kept.
 */
export const attentionOp: FusedOp<AttentionAttributes> = {
  name: 'TfjsFlowsAttention',
  inputs: ['q', 'k', 'v'],
  outputs: ['y'],
  outputShapes: ([q]) => [q],
  reference: attentionReference,
  cpu: attentionOnCpu,
  wasm: attentionOnWasm,
  gradient: {
    name: 'TfjsFlowsAttentionGradient',
    inputs: ['q', 'k', 'v', 'dy'],
    outputs: ['dq', 'dk', 'dv'],
    outputShapes: ([q, k, v]) => [q, k, v],
    cpu: attentionGradientOnCpu,
    wasm: attentionGradientOnWasm,
  },
  samples: attentionSamples,
};

/**
 * Scaled dot-product attention, `softmax(q kᵀ / √d) v` (Vaswani et al., "Attention is all you need", 2017).
 *
 * `q`: `[batch, heads, queries, d]`; `k` and `v`: `[batch, heads, positions, d]`; result: as `q`. With `causal` a query
 * sees the positions up to its own, the queries being the last of all positions.
 *
 * @throws FlowShapeError for shapes that do not belong together, or more causal queries than positions.
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { causal = false }: Partial<AttentionAttributes> = {},
): Tensor {
  const [queries = 0, positions = 0] = [q.shape[2], k.shape[2]];
  const fits = k.rank === 4 && sameShape(k.shape, v.shape) && sameShape(q.shape, k.shape.with(2, queries));
  if (!fits || (causal && queries > positions)) {
    throw new FlowShapeError('attention', {
      expected: 'q of shape [batch, heads, queries, d], k and v of shape [batch, heads, positions, d]',
      got: [q, k, v].map(({ shape }) => formatShape(shape)).join(', '),
      ...(causal && { hint: 'With `causal` there must be at least as many positions as queries.' }),
    });
  }
  return runFused(attentionOp, [q, k, v], { causal })[0];
}
