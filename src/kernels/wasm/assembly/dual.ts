import {
  anySlope, anyValue, ELU, IDENTITY, LEAKY_RELU, RELU, SIGMOID, slope, SOFTPLUS, TANH, value,
} from './activation';
import { madd } from './madd';
import { select, splat } from './math';
import { loadTail, storeTail } from './tail';

const FLOAT: usize = 4;

/**
 * Activation of dual numbers in place: `y`, `[rows, entries, columns]`, holds pre-activations, the first entry the value
 * and the others its derivatives. `y_0 ← φ(y_0 + shift)`, `y_k ← φ′ y_k`.
 *
 * `shiftRow`: numbers from one row of the shift to the next, 0 where all have the same.
 */
export function activateDual(kind: i32, y: usize, shift: usize, shiftRow: i32, rows: i32, entries: i32, columns: i32): void {
  switch (kind) {
    case IDENTITY: return forward(IDENTITY, y, shift, shiftRow, rows, entries, columns);
    case RELU: return forward(RELU, y, shift, shiftRow, rows, entries, columns);
    case LEAKY_RELU: return forward(LEAKY_RELU, y, shift, shiftRow, rows, entries, columns);
    case ELU: return forward(ELU, y, shift, shiftRow, rows, entries, columns);
    case TANH: return forward(TANH, y, shift, shiftRow, rows, entries, columns);
    case SIGMOID: return forward(SIGMOID, y, shift, shiftRow, rows, entries, columns);
    case SOFTPLUS: return forward(SOFTPLUS, y, shift, shiftRow, rows, entries, columns);
  }
}

// @ts-ignore: decorator
@inline
function forward(kind: i32, y: usize, shift: usize, shiftRow: i32, rows: i32, entries: i32, columns: i32): void {
  const row = <usize>columns * FLOAT;
  const whole = columns >> 2, rest = columns & 3;
  const tangents = kind == IDENTITY ? 0 : entries - 1;
  for (let i: i32 = 0; i < rows; i++) {
    // All values first: in one loop with the derivatives, engines run out of registers for the constants of φ.
    let at = y, from = shift;
    for (let j: i32 = 0; j < whole; j++) {
      v128.store(at, value(kind, f32x4.add(v128.load(at), v128.load(from))));
      at += 16;
      from += 16;
    }
    if (tangents) {
      let here = y;
      for (let j: i32 = 0; j < whole; j++) {
        const s = slope(kind, v128.load(here));
        let to = here;
        for (let k: i32 = 0; k < tangents; k++) {
          to += row;
          v128.store(to, f32x4.mul(v128.load(to), s));
        }
        here += 16;
      }
    }
    if (rest) forwardRest(kind, at, from, tangents, row, rest);
    y += <usize>entries * row;
    shift += <usize>shiftRow * FLOAT;
  }
}

/** The last `rest < 4` columns of a row. */
function forwardRest(kind: i32, y: usize, shift: usize, tangents: i32, row: usize, rest: i32): void {
  const v = anyValue(kind, f32x4.add(loadTail(y, rest), loadTail(shift, rest)));
  storeTail(y, v, rest);
  const s = anySlope(kind, v);
  for (let k: i32 = 0; k < tangents; k++) {
    y += row;
    storeTail(y, f32x4.mul(loadTail(y, rest), s), rest);
  }
}

/**
 * Gradient of the pre-activations from `y` of {@link activateDual}: `g_k = dy_k φ′`,
 * `g_0 = dy_0 φ′ + (φ″ / φ′) Σ_k dy_k y_k`.
 */
export function activateDualGradient(kind: i32, y: usize, dy: usize, g: usize, rows: i32, entries: i32, columns: i32): void {
  switch (kind) {
    case IDENTITY: return backward(IDENTITY, y, dy, g, rows, entries, columns);
    case RELU: return backward(RELU, y, dy, g, rows, entries, columns);
    case LEAKY_RELU: return backward(LEAKY_RELU, y, dy, g, rows, entries, columns);
    case ELU: return backward(ELU, y, dy, g, rows, entries, columns);
    case TANH: return backward(TANH, y, dy, g, rows, entries, columns);
    case SIGMOID: return backward(SIGMOID, y, dy, g, rows, entries, columns);
    case SOFTPLUS: return backward(SOFTPLUS, y, dy, g, rows, entries, columns);
  }
}

// @ts-ignore: decorator
@inline
function backward(kind: i32, y: usize, dy: usize, g: usize, rows: i32, entries: i32, columns: i32): void {
  const row = <usize>columns * FLOAT;
  const whole = columns >> 2, rest = columns & 3;
  for (let i: i32 = 0; i < rows; i++) {
    let offset: usize = 0;
    for (let j: i32 = 0; j < whole; j++) {
      const v = v128.load(y + offset);
      const s = slope(kind, v);
      let along = splat(0);
      let at = offset;
      for (let k: i32 = 1; k < entries; k++) {
        at += row;
        const d = v128.load(dy + at);
        v128.store(g + at, f32x4.mul(d, s));
        along = madd(d, v128.load(y + at), along);
      }
      v128.store(g + offset, madd(curvature(kind, v, s), along, f32x4.mul(v128.load(dy + offset), s)));
      offset += 16;
    }
    if (rest) backwardRest(kind, y + offset, dy + offset, g + offset, entries - 1, row, rest);
    const block = <usize>entries * row;
    y += block;
    dy += block;
    g += block;
  }
}

/** The last `rest < 4` columns of a row. */
function backwardRest(kind: i32, y: usize, dy: usize, g: usize, tangents: i32, row: usize, rest: i32): void {
  const v = loadTail(y, rest);
  const s = anySlope(kind, v);
  let along = splat(0);
  let offset: usize = 0;
  for (let k: i32 = 0; k < tangents; k++) {
    offset += row;
    const d = loadTail(dy + offset, rest);
    storeTail(g + offset, f32x4.mul(d, s), rest);
    along = madd(d, loadTail(y + offset, rest), along);
  }
  storeTail(g, madd(curvature(kind, v, s), along, f32x4.mul(loadTail(dy, rest), s)), rest);
}

/** `φ″ / φ′` in terms of `y = φ(u)` and `s = φ′`. */
// @ts-ignore: decorator
@inline
function curvature(kind: i32, y: v128, s: v128): v128 {
  switch (kind) {
    case ELU: return select(f32x4.gt(y, splat(0)), splat(0), splat(1));
    case TANH: return f32x4.mul(y, splat(-2));
    case SIGMOID: return f32x4.sub(splat(1), f32x4.add(y, y));
    case SOFTPLUS: return f32x4.sub(splat(1), s);
    default: return splat(0);
  }
}
