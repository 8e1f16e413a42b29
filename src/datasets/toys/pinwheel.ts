import { gaussLegendre, logIntegral } from './quadrature.js';
import { logSumExp } from './special.js';
import { defineToy } from './toy.js';

const ARMS = 5;
const [MEAN, RADIAL_SD, TANGENTIAL_SD] = [1, 0.3, 0.1];
const TWIST = 0.25;
const SCALE = 2;

/** Beyond this `ρ` the arms wind more than a hundred times about the centre within a standard deviation. */
const BLENDED = 8;
const ACROSS_ARM = gaussLegendre(-15 * TANGENTIAL_SD, 15 * TANGENTIAL_SD, 32);

/**
 * Five curved arms.
 *
 * `k` is one of 0 ... 4, `r ~ N(1, 0.3²)`, `s ~ N(0, 0.1²)`; `(r, s)` is rotated by `2πk/5 + exp(r)/4` and doubled.
 *
 * Density: with `(r, s) = ρ (cos ψ, sin ψ)`, a point at polar coordinates `(2ρ, θ)` comes from every `ψ` for which
 * `h(ψ) = ψ + exp(ρ cos ψ)/4` equals `θ` up to fifths of a turn, and the rotation stretches areas by
 * `h'(ψ) = 1 - s exp(r)/4`. All such `ψ` are found by bisection on the intervals on which `h` is monotone. Beyond
 * `|x| = 16`, where the windings are too fine to tell apart and the density is below `exp(-270)`, its mean over all
 * directions is given.
 */
export const pinwheel = defineToy({
  name: 'pinwheel',
  title: 'pinwheel',
  draw(stream) {
    const arm = stream.nextInteger(ARMS);
    const r = MEAN + RADIAL_SD * stream.nextNormal();
    const s = TANGENTIAL_SD * stream.nextNormal();
    const angle = (2 * Math.PI * arm) / ARMS + TWIST * Math.exp(r);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return [SCALE * (r * cos - s * sin), SCALE * (r * sin + s * cos)];
  },
  logDensityAt(x, y) {
    const rho = Math.hypot(x, y) / SCALE;
    const ofUnturned = rho < BLENDED ? fromSources(rho, Math.atan2(y, x)) : directionMean(rho);
    return ofUnturned - Math.log(SCALE ** 2);
  },
});

/** `log p(r, s)` before the rotation. */
function logUnturned(r: number, s: number): number {
  const exponent = -0.5 * ((r - MEAN) / RADIAL_SD) ** 2 - 0.5 * (s / TANGENTIAL_SD) ** 2;
  return exponent - Math.log(2 * Math.PI * RADIAL_SD * TANGENTIAL_SD);
}

/** Log-density, before doubling, as a sum over all points that are rotated to `(ρ, θ)`. */
function fromSources(rho: number, theta: number): number {
  const terms = sources(rho, theta).map((psi) => {
    const [r, s] = [rho * Math.cos(psi), rho * Math.sin(psi)];
    return logUnturned(r, s) - Math.log(Math.abs(1 - TWIST * s * Math.exp(r)));
  });
  return logSumExp(terms) - Math.log(ARMS);
}

/** Log of the mean over the circle of radius `ρ`: the rotation moves mass along circles only. */
function directionMean(rho: number): number {
  const alongCircle = logIntegral(ACROSS_ARM, (s) => {
    const r = Math.sqrt(rho * rho - s * s);
    return logUnturned(r, s) - Math.log(r);
  });
  return alongCircle - Math.log(2 * Math.PI);
}

/** Every `ψ` in [-π, π) with `h(ψ) = θ` modulo `2π/5`. */
function sources(rho: number, theta: number): number[] {
  const turned = (psi: number): number => psi + TWIST * Math.exp(rho * Math.cos(psi));
  const edges = [-Math.PI, ...turningPoints(rho), Math.PI];
  const step = (2 * Math.PI) / ARMS;
  const found: number[] = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const ends = [turned(edges[i]), turned(edges[i + 1])];
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    for (let j = Math.ceil((low - theta) / step); theta + j * step < high; j++) {
      found.push(bisect((psi) => turned(psi) - (theta + j * step), edges[i], edges[i + 1]));
    }
  }
  return found;
}

/** The zeros of `h'`: none, or two on either side of the `ψ` where `sin ψ exp(ρ cos ψ)` is largest. */
function turningPoints(rho: number): number[] {
  const slope = (psi: number): number => 1 - TWIST * rho * Math.sin(psi) * Math.exp(rho * Math.cos(psi));
  const steepest = Math.acos((2 * rho) / (1 + Math.sqrt(1 + 4 * rho * rho)));
  if (slope(steepest) >= 0) return [];
  return [bisect(slope, 0, steepest), bisect(slope, steepest, Math.PI)];
}

/** The zero of a monotone function between two points where its signs differ. */
function bisect(f: (t: number) => number, low: number, high: number): number {
  const rising = f(high) > f(low);
  let [a, b] = [low, high];
  for (let i = 0; i < 60; i++) {
    const middle = 0.5 * (a + b);
    if (f(middle) > 0 === rising) b = middle;
    else a = middle;
  }
  return 0.5 * (a + b);
}
