import { expm1Negative4, select, sigmoid4, softplus4, splat, tanh4 } from './math';
import { loadTail, storeTail } from './tail';

// Numbers as in ACTIVATION_CODES.
const RELU = 1, LEAKY_RELU = 2, ELU = 3, TANH = 4, SIGMOID = 5, SOFTPLUS = 6;

/** `y ← φ(y)` for `count` numbers. */
export function activate(kind: i32, y: usize, count: i32): void {
  const end = y + (<usize>(count & ~3) << 2);
  if (kind == RELU) {
    for (; y < end; y += 16) v128.store(y, f32x4.max(v128.load(y), splat(0)));
  } else {
    for (; y < end; y += 16) v128.store(y, value(kind, v128.load(y)));
  }
  storeTail(y, value(kind, loadTail(y, count & 3)), count & 3);
}

/** `g = dy φ′`, the derivative found from `y = φ(u)`. */
export function activationGradient(kind: i32, y: usize, dy: usize, g: usize, count: i32): void {
  const end = y + (<usize>(count & ~3) << 2);
  if (kind == RELU) {
    for (; y < end; y += 16, dy += 16, g += 16) {
      v128.store(g, v128.and(v128.load(dy), f32x4.gt(v128.load(y), splat(0))));
    }
  } else {
    for (; y < end; y += 16, dy += 16, g += 16) {
      v128.store(g, f32x4.mul(v128.load(dy), slope(kind, v128.load(y))));
    }
  }
  const rest = count & 3;
  const last = f32x4.mul(loadTail(dy, rest), slope(kind, loadTail(y, rest)));
  storeTail(g, last, rest);
}

function value(kind: i32, u: v128): v128 {
  switch (kind) {
    case RELU: return f32x4.max(u, splat(0));
    case LEAKY_RELU: return select(f32x4.gt(u, splat(0)), u, f32x4.mul(u, splat(0.01)));
    case ELU: return select(f32x4.gt(u, splat(0)), u, expm1Negative4(u));
    case TANH: return tanh4(u);
    case SIGMOID: return sigmoid4(u);
    case SOFTPLUS: return softplus4(u);
    default: return u;
  }
}

function slope(kind: i32, y: v128): v128 {
  switch (kind) {
    case RELU: return select(f32x4.gt(y, splat(0)), splat(1), splat(0));
    case LEAKY_RELU: return select(f32x4.gt(y, splat(0)), splat(1), splat(0.01));
    case ELU: return select(f32x4.gt(y, splat(0)), splat(1), f32x4.add(y, splat(1)));
    case TANH: return f32x4.sub(splat(1), f32x4.mul(y, y));
    case SIGMOID: return f32x4.mul(y, f32x4.sub(splat(1), y));
    case SOFTPLUS: return f32x4.neg(expm1Negative4(f32x4.neg(y)));
    default: return splat(1);
  }
}
