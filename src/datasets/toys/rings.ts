import { besselI0Scaled, logSumExp } from './special.js';
import { defineToy } from './toy.js';

const NOISE = 0.08;
const RADII = [0.75, 1.5, 2.25, 3];

/**
 * Four concentric circles of radius 0.75, 1.5, 2.25 and 3, equally likely, blurred by `0.08 N(0, I)`.
 *
 * Density at distance `r` from the centre, a mean over the radii `R`:
 * `exp(-(r² + R²) / 2σ²) I₀(r R / σ²) / 2πσ²`.
 */
export const rings = defineToy({
  name: 'rings',
  title: 'rings',
  draw(stream) {
    const radius = RADII[stream.nextInteger(RADII.length)];
    const angle = 2 * Math.PI * stream.next();
    return [
      radius * Math.cos(angle) + NOISE * stream.nextNormal(),
      radius * Math.sin(angle) + NOISE * stream.nextNormal(),
    ];
  },
  logDensityAt(x, y) {
    const r = Math.hypot(x, y);
    const terms = RADII.map(
      (radius) => Math.log(besselI0Scaled((r * radius) / NOISE ** 2)) - (r - radius) ** 2 / (2 * NOISE ** 2),
    );
    return logSumExp(terms) - Math.log(RADII.length * 2 * Math.PI * NOISE ** 2);
  },
});
