/**
 * Logarithm of the area of the unit sphere in `Rⁿ`, `2 π^{n/2} / Γ(n/2)`: `2π` for the circle, `4π` for the sphere in space,
 * `2π²` for unit quaternions.
 */
export function logSphereArea(dims: number): number {
  // Areas two dimensions apart have the ratio 2π / n.
  let log = dims % 2 === 0 ? Math.log(2 * Math.PI) : Math.log(2);
  for (let n = dims % 2 === 0 ? 2 : 1; n < dims; n += 2) log += Math.log((2 * Math.PI) / n);
  return log;
}
