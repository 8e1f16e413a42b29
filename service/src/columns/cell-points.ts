const PRIMES = [2];

/**
 * Point `s` of `samples` in the unit cube, along coordinate `d`: midpoints in the first, multiples of square roots of primes
 * in the others, so that a mean over the points is nearly one over the cube.
 *
 * Source: Richtmyer, "The evaluation of definite integrals, and a quasi-Monte-Carlo method", 1951.
 */
export function cellPoint(s: number, d: number, samples: number): number {
  if (d < 0) return 0.5;
  if (d === 0) return (s + 0.5) / samples;
  while (PRIMES.length < d) PRIMES.push(nextPrime(PRIMES.at(-1)!));
  return (0.5 + s * Math.sqrt(PRIMES[d - 1])) % 1;
}

function nextPrime(last: number): number {
  for (let candidate = last + 1; ; candidate++) {
    if (PRIMES.every((prime) => candidate % prime !== 0)) return candidate;
  }
}
