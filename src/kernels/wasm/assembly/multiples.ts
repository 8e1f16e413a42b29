import { madd } from './madd';
import { splat } from './math';

const FLOAT: usize = 4;

/**
 * `out = y + c0 k0 + ... ` with the first `terms` of six vectors `k`, of `count` numbers each; the others are not read.
 */
export function addMultiples(
  terms: i32, y: usize,
  k0: usize, k1: usize, k2: usize, k3: usize, k4: usize, k5: usize,
  c0: f32, c1: f32, c2: f32, c3: f32, c4: f32, c5: f32,
  out: usize, count: i32,
): void {
  switch (terms) {
    case 1: return loop(1, y, k0, k1, k2, k3, k4, k5, c0, c1, c2, c3, c4, c5, out, count);
    case 2: return loop(2, y, k0, k1, k2, k3, k4, k5, c0, c1, c2, c3, c4, c5, out, count);
    case 3: return loop(3, y, k0, k1, k2, k3, k4, k5, c0, c1, c2, c3, c4, c5, out, count);
    case 4: return loop(4, y, k0, k1, k2, k3, k4, k5, c0, c1, c2, c3, c4, c5, out, count);
    case 5: return loop(5, y, k0, k1, k2, k3, k4, k5, c0, c1, c2, c3, c4, c5, out, count);
    case 6: return loop(6, y, k0, k1, k2, k3, k4, k5, c0, c1, c2, c3, c4, c5, out, count);
  }
}

// @ts-ignore: decorator
@inline
function loop(
  terms: i32, y: usize,
  k0: usize, k1: usize, k2: usize, k3: usize, k4: usize, k5: usize,
  c0: f32, c1: f32, c2: f32, c3: f32, c4: f32, c5: f32,
  out: usize, count: i32,
): void {
  const end = <usize>count * FLOAT, whole = <usize>(count & ~3) * FLOAT;
  let at: usize = 0;
  for (; at < whole; at += 16) {
    let sum = madd(v128.load(k0 + at), splat(c0), v128.load(y + at));
    if (terms > 1) sum = madd(v128.load(k1 + at), splat(c1), sum);
    if (terms > 2) sum = madd(v128.load(k2 + at), splat(c2), sum);
    if (terms > 3) sum = madd(v128.load(k3 + at), splat(c3), sum);
    if (terms > 4) sum = madd(v128.load(k4 + at), splat(c4), sum);
    if (terms > 5) sum = madd(v128.load(k5 + at), splat(c5), sum);
    v128.store(out + at, sum);
  }
  for (; at < end; at += FLOAT) {
    let sum = load<f32>(y + at) + c0 * load<f32>(k0 + at);
    if (terms > 1) sum += c1 * load<f32>(k1 + at);
    if (terms > 2) sum += c2 * load<f32>(k2 + at);
    if (terms > 3) sum += c3 * load<f32>(k3 + at);
    if (terms > 4) sum += c4 * load<f32>(k4 + at);
    if (terms > 5) sum += c5 * load<f32>(k5 + at);
    store<f32>(out + at, sum);
  }
}
