import { gaussLegendre } from './quadrature.js';
import { logNormalMass, logSumExp } from './special.js';
import { defineToy } from './toy.js';

const TURN = 3 * Math.PI;
const SHRINK = 3;
const SIDE = 0.5 / SHRINK;
const NOISE = 0.1;

/** Points along one arm, and the log-weight of each in the integral over `m`, whose density is `2m / (3π)²`. */
const ARM = (() => {
  const { nodes, logWeights } = gaussLegendre(0, TURN, 96);
  return Array.from(nodes, (m, i) => ({
    x: (-m * Math.cos(m)) / SHRINK,
    y: (m * Math.sin(m)) / SHRINK,
    logWeight: logWeights[i] + Math.log((2 * m) / TURN ** 2),
  }));
})();

/** Terms this far below the largest, in nats, leave no trace in a double. */
const NEGLIGIBLE = 45;

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
    return logSumExp([alongArm(x, y), alongArm(-x, -y)]) - Math.log(2);
  },
});

/** Log-density at a point of the arm that is not turned. */
function alongArm(x: number, y: number): number {
  const exponents = ARM.map((node) => {
    const distance = Math.hypot(beyondSquare(x - node.x), beyondSquare(y - node.y));
    return -(distance ** 2) / (2 * NOISE ** 2);
  });
  const nearest = Math.max(...exponents);
  const terms: number[] = [];
  ARM.forEach((node, i) => {
    if (exponents[i] < nearest - NEGLIGIBLE) return;
    terms.push(node.logWeight + logBlurredSide(x - node.x) + logBlurredSide(y - node.y));
  });
  return logSumExp(terms);
}

/** How far outside of [0, 1/6] a coordinate lies. */
function beyondSquare(offset: number): number {
  return Math.max(0, -offset, offset - SIDE);
}

/** Log-density of `U(0, 1/6) + 0.1 N(0, 1)`. */
function logBlurredSide(offset: number): number {
  return logNormalMass((offset - SIDE) / NOISE, offset / NOISE) - Math.log(SIDE);
}
