import { FlowConfigError } from '../../errors.js';
import { sinkhorn, type SinkhornOptions } from '../../numerics/sinkhorn.js';
import type { BatchCoupling } from './batch-coupling.js';
import { transportCosts } from './transport-costs.js';

/** Options of {@link entropicTransport}. */
export type EntropicTransportOptions = SinkhornOptions;

/**
 * Draws for each row of the data a row of the noise from the entropic transport plan of the batch, `P_ij` with costs
 * `|x₀ᵢ − x₁ⱼ|²`. With {@link bridgePath} of the same `sigma` and a regularisation of `2 sigma²` this trains a Schrödinger
 * bridge (Tong et al., "Simulation-free Schrödinger bridges via score and flow matching", 2023).
 *
 * Rows of the noise may be drawn several times, or not at all. A large regularisation gives independent pairs, a small one
 * {@link optimalTransport}. As there, contexts are not seen.
 *
 * @throws FlowConfigError for an option out of range.
 */
export function entropicTransport(options: EntropicTransportOptions): BatchCoupling {
  const { regularisation, tolerance = 1e-4, maxIterations = 1000 } = options;
  const check = (name: string, value: number, valid: boolean, expected: string) => {
    if (!valid) throw new FlowConfigError(`entropicTransport.${name}`, { expected, got: String(value) });
  };
  check('regularisation', regularisation, regularisation > 0 && regularisation < Infinity, 'a positive number');
  check('tolerance', tolerance, tolerance > 0 && tolerance < Infinity, 'a positive number');
  check(
    'maxIterations',
    maxIterations,
    Number.isInteger(maxIterations) && maxIterations > 0,
    'a positive whole number',
  );
  return (noise, data, stream) => {
    const n = data.shape[0]!;
    const plan = sinkhorn(transportCosts(noise, data), n, { regularisation, tolerance, maxIterations });
    return Int32Array.from({ length: n }, (_, column) => {
      // Columns add up to 1/n.
      let rest = stream.next() / n;
      for (let row = 0; row < n - 1; row++) {
        rest -= plan[row * n + column];
        if (rest < 0) return row;
      }
      return n - 1;
    });
  };
}
