import { cos4, erf4, exp4, log4, select, sigmoid4, sin4, softplus4, splat, tanh4 } from './math';
import { loadTail, storeTail } from './tail';

const FLOAT: usize = 4;

// Numbers as in UNARY_CODES.
const NEG = 0, EXP = 1, LOG = 2, SQUARE = 3, SQRT = 4, RELU = 5, TANH = 6, SIGMOID = 7, SOFTPLUS = 8, ABS = 9;
const RECIPROCAL = 10, RSQRT = 11, ERF = 12, STEP = 13, LOGICAL_NOT = 14, FLOOR = 15, SIGN = 16, SIN = 17, COS = 18;

/** `y = f(x)` for `count` numbers; `y` may be `x`. `parameter`: the slope of `step` below zero. */
export function unary(kind: i32, x: usize, y: usize, count: i32, parameter: f32): void {
  // The dear ones get loops of their own, in which the choice is made once.
  switch (kind) {
    case EXP: return unaryLoop(EXP, x, y, count, parameter);
    case LOG: return unaryLoop(LOG, x, y, count, parameter);
    case TANH: return unaryLoop(TANH, x, y, count, parameter);
    case SIGMOID: return unaryLoop(SIGMOID, x, y, count, parameter);
    case SOFTPLUS: return unaryLoop(SOFTPLUS, x, y, count, parameter);
    case ERF: return unaryLoop(ERF, x, y, count, parameter);
    case SIN: return unaryLoop(SIN, x, y, count, parameter);
    case COS: return unaryLoop(COS, x, y, count, parameter);
    default: return unaryLoop(kind, x, y, count, parameter);
  }
}

// @ts-ignore: decorator
@inline
function unaryLoop(kind: i32, x: usize, y: usize, count: i32, parameter: f32): void {
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, y += 16) v128.store(y, unary4(kind, v128.load(x), parameter));
  if (count & 3) storeTail(y, unary4(kind, loadTail(x, count & 3), parameter), count & 3);
}

// @ts-ignore: decorator
@inline
function unary4(kind: i32, x: v128, parameter: f32): v128 {
  switch (kind) {
    case NEG: return f32x4.neg(x);
    case EXP: return exp4(x);
    case LOG: return log4(x);
    case SQUARE: return f32x4.mul(x, x);
    case SQRT: return f32x4.sqrt(x);
    case RELU: return select(f32x4.le(x, splat(0)), splat(0), x);
    case TANH: return tanh4(x);
    case SIGMOID: return sigmoid4(x);
    case SOFTPLUS: return softplus4(x);
    case ABS: return f32x4.abs(x);
    case RECIPROCAL: return f32x4.div(splat(1), x);
    case RSQRT: return f32x4.div(splat(1), f32x4.sqrt(x));
    case ERF: return erf4(x);
    case STEP: return select(f32x4.ne(x, x), x, select(f32x4.gt(x, splat(0)), splat(1), splat(parameter)));
    case LOGICAL_NOT: return select(f32x4.eq(x, splat(0)), splat(1), splat(0));
    case FLOOR: return f32x4.floor(x);
    case SIN: return sin4(x);
    case COS: return cos4(x);
    case SIGN: return f32x4.sub(select(f32x4.gt(x, splat(0)), splat(1), splat(0)), select(f32x4.lt(x, splat(0)), splat(1), splat(0)));
    default: return x;
  }
}

// Numbers as in BINARY_CODES.
const ADD = 0, SUB = 1, MULTIPLY = 2, DIVIDE = 3, MAXIMUM = 4, MINIMUM = 5, GREATER = 6, GREATER_EQUAL = 7;
const LESS = 8, LESS_EQUAL = 9, EQUAL = 10, NOT_EQUAL = 11, LOGICAL_AND = 12, LOGICAL_OR = 13;

/**
 * `out = f(a, b)` over a grid of `rows` by `columns`, row-major in `out`, which may be `a` or `b` where they have its
 * layout. An operand has strides, in numbers, from row to row and - 0 or 1 - from column to column.
 */
export function binary(
  kind: i32,
  a: usize, aRow: i32, aStep: i32,
  b: usize, bRow: i32, bStep: i32,
  out: usize, rows: i32, columns: i32,
): void {
  for (let i: i32 = 0; i < rows; i++) {
    if (aStep) {
      if (bStep) both(kind, a, b, out, columns);
      else right(kind, a, splat(load<f32>(b)), out, columns);
    } else {
      if (bStep) left(kind, splat(load<f32>(a)), b, out, columns);
      else neither(kind, splat(load<f32>(a)), splat(load<f32>(b)), out, columns);
    }
    a += <usize>aRow * FLOAT;
    b += <usize>bRow * FLOAT;
    out += <usize>columns * FLOAT;
  }
}

function both(kind: i32, a: usize, b: usize, out: usize, count: i32): void {
  switch (kind) {
    case ADD: return bothLoop(ADD, a, b, out, count);
    case SUB: return bothLoop(SUB, a, b, out, count);
    case MULTIPLY: return bothLoop(MULTIPLY, a, b, out, count);
    default: return bothLoop(kind, a, b, out, count);
  }
}

// @ts-ignore: decorator
@inline
function bothLoop(kind: i32, a: usize, b: usize, out: usize, count: i32): void {
  const end = a + (<usize>(count & ~3) << 2);
  for (; a < end; a += 16, b += 16, out += 16) v128.store(out, binary4(kind, v128.load(a), v128.load(b)));
  if (count & 3) storeTail(out, binary4(kind, loadTail(a, count & 3), loadTail(b, count & 3)), count & 3);
}

function right(kind: i32, a: usize, b: v128, out: usize, count: i32): void {
  const end = a + (<usize>(count & ~3) << 2);
  for (; a < end; a += 16, out += 16) v128.store(out, binary4(kind, v128.load(a), b));
  if (count & 3) storeTail(out, binary4(kind, loadTail(a, count & 3), b), count & 3);
}

function left(kind: i32, a: v128, b: usize, out: usize, count: i32): void {
  const end = b + (<usize>(count & ~3) << 2);
  for (; b < end; b += 16, out += 16) v128.store(out, binary4(kind, a, v128.load(b)));
  if (count & 3) storeTail(out, binary4(kind, a, loadTail(b, count & 3)), count & 3);
}

function neither(kind: i32, a: v128, b: v128, out: usize, count: i32): void {
  const value = f32x4.extract_lane(binary4(kind, a, b), 0);
  for (let i: i32 = 0; i < count; i++) store<f32>(out + <usize>i * FLOAT, value);
}

// @ts-ignore: decorator
@inline
function truth(mask: v128): v128 {
  return v128.and(mask, splat(1));
}

// @ts-ignore: decorator
@inline
function binary4(kind: i32, a: v128, b: v128): v128 {
  switch (kind) {
    case ADD: return f32x4.add(a, b);
    case SUB: return f32x4.sub(a, b);
    case MULTIPLY: return f32x4.mul(a, b);
    case DIVIDE: return f32x4.div(a, b);
    case MAXIMUM: return f32x4.max(a, b);
    case MINIMUM: return f32x4.min(a, b);
    case GREATER: return truth(f32x4.gt(a, b));
    case GREATER_EQUAL: return truth(f32x4.ge(a, b));
    case LESS: return truth(f32x4.lt(a, b));
    case LESS_EQUAL: return truth(f32x4.le(a, b));
    case EQUAL: return truth(f32x4.eq(a, b));
    case NOT_EQUAL: return truth(f32x4.ne(a, b));
    case LOGICAL_AND: return truth(v128.and(f32x4.ne(a, splat(0)), f32x4.ne(b, splat(0))));
    case LOGICAL_OR: return truth(v128.or(f32x4.ne(a, splat(0)), f32x4.ne(b, splat(0))));
    default: return a;
  }
}

/** `condition ? a : b` for `count` numbers; conditions are 0 or 1. */
export function choose(condition: usize, a: usize, b: usize, out: usize, count: i32): void {
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i * FLOAT;
    const chosen = f32x4.ne(v128.load(condition + at), splat(0));
    v128.store(out + at, select(chosen, v128.load(a + at), v128.load(b + at)));
  }
  for (; i < count; i++) {
    const at = <usize>i * FLOAT;
    store<f32>(out + at, load<f32>(condition + at) != 0 ? load<f32>(a + at) : load<f32>(b + at));
  }
}
