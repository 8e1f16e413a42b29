import { madd } from './madd';
import { splat } from './math';

// Winograd's transforms along one axis of a tile, four channels at a time: vectors `step` bytes apart go to vectors `toStep` apart.

const ROOT: f32 = 1.4142135623730951;
const HALF_ROOT: f32 = 0.7071067811865476;

/** Six numbers by `B`. */
// @ts-ignore: decorator
@inline
export function inputPass(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step);
  const d3 = v128.load(from + 3 * step), d4 = v128.load(from + 4 * step), d5 = v128.load(from + 5 * step);
  const e1 = madd(d2, splat(-2), d4), o1 = madd(d1, splat(-ROOT), f32x4.mul(d3, splat(HALF_ROOT)));
  const e2 = madd(d2, splat(-0.5), d4), o2 = madd(d1, splat(-HALF_ROOT), f32x4.mul(d3, splat(ROOT)));
  v128.store(to, madd(d2, splat(-2.5), f32x4.add(d0, d4)));
  v128.store(to + toStep, f32x4.add(e1, o1));
  v128.store(to + 2 * toStep, f32x4.sub(e1, o1));
  v128.store(to + 3 * toStep, f32x4.add(e2, o2));
  v128.store(to + 4 * toStep, f32x4.sub(e2, o2));
  v128.store(to + 5 * toStep, madd(d3, splat(-2.5), f32x4.add(d1, d5)));
}

/** Four numbers by `A`. */
// @ts-ignore: decorator
@inline
export function gradientPass(from: usize, step: usize, to: usize, toStep: usize): void {
  const g0 = v128.load(from), g1 = v128.load(from + step);
  const g2 = v128.load(from + 2 * step), g3 = v128.load(from + 3 * step);
  const e1 = madd(g2, splat(0.5), g0), o1 = f32x4.mul(madd(g3, splat(0.5), g1), splat(HALF_ROOT));
  const e2 = madd(g2, splat(2), g0), o2 = f32x4.mul(madd(g3, splat(2), g1), splat(ROOT));
  v128.store(to, g0);
  v128.store(to + toStep, f32x4.add(e1, o1));
  v128.store(to + 2 * toStep, f32x4.sub(e1, o1));
  v128.store(to + 3 * toStep, f32x4.add(e2, o2));
  v128.store(to + 4 * toStep, f32x4.sub(e2, o2));
  v128.store(to + 5 * toStep, g3);
}

/** Six numbers by `Aᵀ`. */
// @ts-ignore: decorator
@inline
export function outputPass(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step);
  const s1 = f32x4.add(m1, m2), t1 = f32x4.mul(f32x4.sub(m1, m2), splat(HALF_ROOT));
  const s2 = f32x4.add(m3, m4), t2 = f32x4.mul(f32x4.sub(m3, m4), splat(ROOT));
  v128.store(to, f32x4.add(v128.load(from), f32x4.add(s1, s2)));
  v128.store(to + toStep, f32x4.add(t1, t2));
  v128.store(to + 2 * toStep, madd(s1, splat(0.5), f32x4.add(s2, s2)));
  v128.store(to + 3 * toStep, f32x4.add(v128.load(from + 5 * step), madd(t1, splat(0.5), f32x4.add(t2, t2))));
}

/** Three numbers by `G`. */
// @ts-ignore: decorator
@inline
export function filterPass(from: usize, step: usize, to: usize, toStep: usize): void {
  const w0 = v128.load(from), w1 = v128.load(from + step), w2 = v128.load(from + 2 * step);
  const e1 = f32x4.mul(madd(w2, splat(0.5), w0), splat(<f32>(-2.0 / 3))), o1 = f32x4.mul(w1, splat(<f32>(-0.4714045207910317)));
  const e2 = f32x4.mul(madd(w2, splat(2), w0), splat(<f32>(1.0 / 6))), o2 = f32x4.mul(w1, splat(<f32>0.2357022603955158));
  v128.store(to, w0);
  v128.store(to + toStep, f32x4.add(e1, o1));
  v128.store(to + 2 * toStep, f32x4.sub(e1, o1));
  v128.store(to + 3 * toStep, f32x4.add(e2, o2));
  v128.store(to + 4 * toStep, f32x4.sub(e2, o2));
  v128.store(to + 5 * toStep, w2);
}

/** Six numbers by `Gᵀ`. */
// @ts-ignore: decorator
@inline
export function sumPass(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step);
  const s1 = f32x4.mul(f32x4.add(m1, m2), splat(<f32>(-2.0 / 3))), s2 = f32x4.mul(f32x4.add(m3, m4), splat(<f32>(1.0 / 6)));
  const t1 = f32x4.mul(f32x4.sub(m1, m2), splat(<f32>(-0.4714045207910317)));
  v128.store(to, f32x4.add(v128.load(from), f32x4.add(s1, s2)));
  v128.store(to + toStep, madd(f32x4.sub(m3, m4), splat(<f32>0.2357022603955158), t1));
  v128.store(to + 2 * toStep, f32x4.add(v128.load(from + 5 * step), madd(s1, splat(0.5), f32x4.add(s2, s2))));
}
