import { DOPRI5 } from '../../src/ode/tableaus/dopri5.js';

/** A right-hand side on plain numbers. */
export type Field = (t: number, y: readonly number[]) => readonly number[];

/**
 * The solution at `to` of `dy/dt = f(t, y)`, `y(from) = start`, in doubles: Dormand and Prince's method with the error of
 * each step kept below `tolerance (1 + |y|)`.
 */
export function solveInDoubles(
  f: Field,
  start: readonly number[],
  from: number,
  to: number,
  tolerance = 1e-13,
): readonly number[] {
  const { a, b, c, e } = DOPRI5;
  const direction = Math.sign(to - from);
  let [t, y] = [from, start];
  let slope = f(t, y);
  for (let h = 1e-4 * (to - from); t !== to;) {
    const lands = direction * (t + h - to) >= 0;
    const step = lands ? to - t : h;
    const ks = [slope];
    const moved = (weights: readonly number[]) =>
      y.map((value, i) => value + step * ks.reduce((sum, k, s) => sum + weights[s] * k[i], 0));
    for (let s = 1; s < c.length; s++) ks.push(f(t + c[s] * step, moved(a[s])));
    const next = moved(b);
    const errors = y.map((value, i) => {
      const error = step * ks.reduce((sum, k, s) => sum + e![s] * k[i], 0);
      return Math.abs(error) / (tolerance * (1 + Math.max(Math.abs(value), Math.abs(next[i]))));
    });
    const ratio = Math.max(...errors);
    if (ratio <= 1) {
      t = lands ? to : t + step;
      y = next;
      slope = ks.at(-1)!;
    }
    h = step * (Number.isNaN(ratio) ? 0.1 : Math.min(5, Math.max(0.2, 0.9 * ratio ** -0.2)));
  }
  return y;
}
