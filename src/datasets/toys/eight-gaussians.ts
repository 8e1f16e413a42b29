import { logSumExp } from './special.js';
import { defineToy, type Point } from './toy.js';

const SD = 0.5 / Math.SQRT2;
const CENTRES: readonly Point[] = Array.from({ length: 8 }, (_, k) => {
  const angle = (2 * Math.PI * k) / 8;
  return [(4 / Math.SQRT2) * Math.cos(angle), (4 / Math.SQRT2) * Math.sin(angle)];
});

/**
 * Eight round Gaussians of standard deviation `0.5 / √2`, their centres evenly spaced on a circle of radius `4 / √2`.
 *
 * Density: closed form.
 */
export const eightGaussians = defineToy({
  name: 'eightGaussians',
  title: 'eight Gaussians',
  draw(stream) {
    const [x, y] = CENTRES[stream.nextInteger(8)];
    return [x + SD * stream.nextNormal(), y + SD * stream.nextNormal()];
  },
  logDensityAt(x, y) {
    const exponents = CENTRES.map(([cx, cy]) => -((x - cx) ** 2 + (y - cy) ** 2) / (2 * SD ** 2));
    return logSumExp(exponents) - Math.log(8 * 2 * Math.PI * SD ** 2);
  },
});
