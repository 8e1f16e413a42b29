import { gaussLegendre } from './quadrature.js';
import { logNormalMass, logSumExp } from './special.js';
import { defineToy } from './toy.js';

const TURN = 3 * Math.PI;
const SHRINK = 3;
const SIDE = 0.5 / SHRINK;
const NOISE = 0.1;

/** Points along both arms, and the log-weight of each in the mean over the arms and `m`, whose density is `2m / (3π)²`. */
const ARMS = (() => {
  const { nodes, logWeights } = gaussLegendre(0, TURN, 96);
  return [1, -1].flatMap((sign) =>
    Array.from(nodes, (m, i) => ({
      sign,
      x: (-m * Math.cos(m)) / SHRINK,
      y: (m * Math.sin(m)) / SHRINK,
      logWeight: logWeights[i] + Math.log(m / TURN ** 2),
    })),
  );
})();

/** Terms this many nats below the largest leave no trace in a double. */
const NEGLIGIBLE = 35;

/**
 * Two interleaving spirals.
 *
 * `m = 3π √u`; a corner `(-m cos m, m sin m)`, a point uniform on the square of side 1/2 that begins there, divided by
 * 3, turned by half a revolution or not, plus `0.1 N(0, I)`; `u ~ U(0, 1)`.
 *
 * Density: the square blurred by the Gaussian is a product of two differences of normal distribution functions,
 * integrated over `m` by Gauss-Legendre quadrature.
 */
export const spirals = defineToy({
  name: 'spirals',
  title: 'two spirals',
  draw(stream) {
    const sign = stream.nextInteger(2) === 1 ? 1 : -1;
    const m = TURN * Math.sqrt(stream.next());
    const x = (-m * Math.cos(m)) / SHRINK + SIDE * stream.next();
    const y = (m * Math.sin(m)) / SHRINK + SIDE * stream.next();
    return [sign * x + NOISE * stream.nextNormal(), sign * y + NOISE * stream.nextNormal()];
  },
  logDensityAt(x, y) {
    const distances = ARMS.map(
      (square) => beyondSide(square.sign * x - square.x) ** 2 + beyondSide(square.sign * y - square.y) ** 2,
    );
    const reach = Math.min(...distances) + 2 * NOISE ** 2 * NEGLIGIBLE;
    const terms = ARMS.filter((_, i) => distances[i] <= reach).map(
      (square) =>
        square.logWeight + logBlurredSide(square.sign * x - square.x) + logBlurredSide(square.sign * y - square.y),
    );
    return logSumExp(terms);
  },
});

/** How far outside of [0, 1/6] a coordinate lies. */
function beyondSide(offset: number): number {
  return Math.max(0, -offset, offset - SIDE);
}

/** Log-density of `U(0, 1/6) + 0.1 N(0, 1)`. */
function logBlurredSide(offset: number): number {
  return logNormalMass((offset - SIDE) / NOISE, offset / NOISE) - Math.log(SIDE);
}
