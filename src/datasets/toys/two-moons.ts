import { gaussLegendre } from './quadrature.js';
import { logSumExp } from './special.js';
import { defineToy } from './toy.js';

const NOISE = 0.1;
const SCALE = 2;
const CENTRE = [0.5, 0.25] as const;

/** Points along the upper half circle, with the log-weights of the integral over `t`. */
const ARC = gaussLegendre(0, Math.PI, 64);
const ARC_X = ARC.nodes.map(Math.cos);
const ARC_Y = ARC.nodes.map(Math.sin);

/**
 * Two interleaving half circles, blurred.
 *
 * `s` is 0 or 1, `t ~ U(0, π)`; the point is `(cos t, sin t)` for `s = 0` and `(1 - cos t, 1/2 - sin t)` for `s = 1`,
 * plus `0.1 N(0, I)`; then `(1/2, 1/4)` is taken off and the whole is doubled.
 *
 * Density: the Gaussian integrated along both arcs by Gauss-Legendre quadrature, to ten digits for `|x| < 6`.
 */
export const twoMoons = defineToy({
  name: 'twoMoons',
  title: 'two moons',
  draw(stream) {
    const lower = stream.nextInteger(2) === 1;
    const t = Math.PI * stream.next();
    const x = lower ? 1 - Math.cos(t) : Math.cos(t);
    const y = lower ? 0.5 - Math.sin(t) : Math.sin(t);
    return [
      SCALE * (x + NOISE * stream.nextNormal() - CENTRE[0]),
      SCALE * (y + NOISE * stream.nextNormal() - CENTRE[1]),
    ];
  },
  logDensityAt(x, y) {
    const [u, v] = [x / SCALE + CENTRE[0], y / SCALE + CENTRE[1]];
    // The lower moon is the upper one turned by half a revolution.
    const arcs = logSumExp([alongArc(u, v), alongArc(1 - u, 0.5 - v)]);
    return arcs - Math.log(2 * Math.PI * SCALE ** 2) - Math.log(2 * Math.PI * NOISE ** 2);
  },
});

/** `log ∫ exp(-|(u, v) - (cos t, sin t)|² / 2σ²) dt` over the upper half circle. */
function alongArc(u: number, v: number): number {
  return logSumExp(
    ARC.logWeights.map((weight, i) => weight - ((u - ARC_X[i]) ** 2 + (v - ARC_Y[i]) ** 2) / (2 * NOISE ** 2)),
  );
}
