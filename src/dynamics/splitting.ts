/**
 * The parts that integrators of molecular dynamics are put together from, each of them exact. Arrays hold copies of a
 * system one after the other, in double precision; `masses` has one number a coordinate of all copies, or of an event.
 */

/** `v ← v + h F / m` */
export function kick(velocities: Float64Array, force: ArrayLike<number>, masses: Float64Array, step: number): void {
  const size = masses.length;
  for (let i = 0; i < velocities.length; i++) velocities[i] += (step * force[i]) / masses[i % size];
}

/** `x ← x + h v` */
export function drift(positions: Float64Array, velocities: Float64Array, step: number): void {
  for (let i = 0; i < positions.length; i++) positions[i] += step * velocities[i];
}

/**
 * Friction and noise, `v ← e^(-γ h) v + √((1 - e^(-2 γ h)) / m) ξ`, which leaves the Maxwell-Boltzmann distribution as it is.
 *
 * @param rate `γ h`; infinite for velocities that have nothing to do with those before
 * @param noise standard normal numbers `ξ`
 */
export function thermalize(
  velocities: Float64Array,
  masses: Float64Array,
  rate: number,
  noise: ArrayLike<number>,
): void {
  const size = masses.length;
  const [kept, fresh] = [Math.exp(-rate), Math.sqrt(-Math.expm1(-2 * rate))];
  for (let i = 0; i < velocities.length; i++) {
    velocities[i] = kept * velocities[i] + (fresh / Math.sqrt(masses[i % size])) * noise[i];
  }
}

/** `½ Σ m v²` of each copy. */
export function kineticEnergy(velocities: Float64Array, masses: Float64Array, copies: number): Float64Array {
  const width = velocities.length / copies;
  const energies = new Float64Array(copies);
  for (let copy = 0; copy < copies; copy++) {
    let sum = 0;
    for (let i = copy * width; i < (copy + 1) * width; i++) sum += masses[i % masses.length] * velocities[i] ** 2;
    energies[copy] = sum / 2;
  }
  return energies;
}
