/**
 * Dense output of a first-same-as-last method: the cubic Hermite interpolant of the two ends and the slopes there, plus a
 * quartic bubble that vanishes at both with its slope (Hairer, Nørsett and Wanner, "Solving ordinary differential
 * equations I", 1993, section II.6):
 *
 * `b_s(θ) = b_s θ²(3 − 2θ) + [s first] θ(1 − θ)² − [s last] θ²(1 − θ) + d_s θ²(1 − θ)²`
 *
 * @param b weights of the step; the last of them is 0
 * @param d weights of the bubble; absent for the cubic
 * @returns for each stage the coefficients of `θ`, `θ²`, ...
 */
export function hermite(b: readonly number[], d?: readonly number[]): number[][] {
  const last = b.length - 1;
  return b.map((weight, s) => {
    const first = s === 0 ? [1, -2, 1] : [0, 0, 0];
    const slope = s === last ? 1 : 0;
    const cubic = [first[0], 3 * weight + first[1] - slope, -2 * weight + first[2] + slope];
    return d ? [cubic[0], cubic[1] + d[s], cubic[2] - 2 * d[s], d[s]] : cubic;
  });
}
