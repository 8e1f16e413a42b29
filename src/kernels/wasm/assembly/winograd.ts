import { activate, RELU, value } from './activation';
import { madd } from './madd';
import { splat } from './math';
import { clearRun, copyRun } from './runs';
import { loadTail, storeTail } from './tail';
import { filterPass, gradientPass, inputPass, outputPass, sumPass } from './winograd-passes';

/**
 * Convolutions with filters of 3 x 3 by minimal filtering: four by four results at a time, from six by six numbers, take 36
 * products instead of 144.
 *
 * Along one axis it is the multiplication of polynomials by their values at the points 0, ±1/√2, ±√2 and ∞. With
 * `f(t) = t (t² - 1/2) (t² - 2)`, the matrices `B` (input), `G` (filter) and `A` (output) have as rows, for each point p,
 * the coefficients of `f(t) / (t - p)`, `(1, p, p²) / f′(p)`, and `(1, p, p², p³)`. Then
 * `y = Aᵀ [(G w Gᵀ) ∘ (B d Bᵀ)] A`, and for upstream gradients `g` the gradient in the filter is `Gᵀ [(B d Bᵀ) ∘ (A g Aᵀ)] G`.
 * Sums over channels and tiles are taken between the transforms, as 36 products of matrices.
 *
 * Source: Winograd, "Arithmetic complexity of computations", 1980; Lavin and Gray, "Fast algorithms for convolutional neural
 * networks", 2016. Points of this size keep rounding errors small.
 */
const FLOAT: usize = 4;
/** Products a tile: 6 x 6. */
const PLANES: i32 = 36;

// Where the numbers of the call at work lie: the rows of pixels under a row of tiles, and one tile between its two passes.
let strip: usize = 0, block: usize = 0;
// Sizes of its tiles: in one row of them, in one image from top to bottom.
let across: i32 = 0, down: i32 = 0;

/** As `convolve`, for filters `[3, 3, c, oc]` and stride 1; `rows`: rows of tiles to take at a time. */
export function winograd(
  x: usize, filter: usize, bias: usize, y: usize, kind: i32,
  images: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32,
  padTop: i32, padLeft: i32,
  rows: i32, scratch: usize,
): void {
  across = (ow + 3) / 4;
  down = (oh + 3) / 4;
  const tiles = (rows * across + 3) & ~3;
  const inputs = (c + 3) & ~3, outputs = (oc + 3) & ~3;
  block = scratch;
  const factors = block + <usize>(PLANES * 4) * FLOAT;
  const sources = factors + <usize>(PLANES * c * ((oc + 7) & ~7)) * FLOAT;
  const products = sources + <usize>(PLANES * tiles * inputs) * FLOAT;
  strip = products + <usize>(PLANES * tiles * outputs + 4) * FLOAT;
  transformFilter(filter, factors, c, oc);
  const all = images * down;
  for (let first: i32 = 0; first < all; first += rows) {
    const count = min(rows, all - first);
    for (let row: i32 = 0; row < count; row++) {
      const image = (first + row) / down, top = ((first + row) % down) * 4 - padTop;
      fillStrip(x + <usize>(image * h * w * c) * FLOAT, h, w, c, top, -padLeft, 6, 4 * across + 2);
      const to = sources + <usize>(row * across * inputs) * FLOAT;
      transformInputs(to, <usize>inputs * FLOAT, 16, 16, <usize>(tiles * inputs) * FLOAT, c);
    }
    multiply(sources, factors, products, (count * across + 3) & ~3, inputs, c, outputs, tiles);
    for (let row: i32 = 0; row < count; row++) {
      const image = (first + row) / down, top = ((first + row) % down) * 4;
      const from = products + <usize>(row * across * outputs) * FLOAT;
      const to = y + <usize>((image * oh + top) * ow * oc) * FLOAT;
      writeOutputs(from, outputs, <usize>(tiles * outputs) * FLOAT, bias, to, min(4, oh - top), ow, oc, kind);
    }
  }
  if (kind != RELU) activate(kind, y, images * oh * ow * oc);
}

/** The gradient of {@link winograd} in its filter, but for the activation. */
export function winogradFilterGradient(
  x: usize, dy: usize, dFilter: usize,
  images: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32,
  padTop: i32, padLeft: i32,
  rows: i32, scratch: usize,
): void {
  across = (ow + 3) / 4;
  down = (oh + 3) / 4;
  const all = images * down;
  const tiles = rows * across;
  // The side with fewer channels are rows of the products, the other, in panels of eight, columns.
  const turned = c > oc;
  const few = ((turned ? oc : c) + 3) & ~3, many = ((turned ? c : oc) + 3) & ~3, panels = (many + 7) & ~7;
  block = scratch;
  const sums = block + <usize>(PLANES * 4) * FLOAT;
  const left = sums + <usize>(PLANES * few * many) * FLOAT;
  const right = left + <usize>(PLANES * tiles * few) * FLOAT;
  strip = right + <usize>(PLANES * tiles * panels) * FLOAT;
  const leftPlane = <usize>(tiles * few) * FLOAT, rightPlane = <usize>(tiles * panels) * FLOAT;
  if (all == 0) clearRun(sums, PLANES * few * many);
  for (let first: i32 = 0; first < all; first += rows) {
    const count = min(rows, all - first);
    const panel = <usize>(count * across) * 32;
    for (let row: i32 = 0; row < count; row++) {
      const image = (first + row) / down, top = ((first + row) % down) * 4;
      const low = left + <usize>(row * across * few) * FLOAT, high = right + <usize>(row * across) * 32;
      fillStrip(x + <usize>(image * h * w * c) * FLOAT, h, w, c, top - padTop, -padLeft, 6, 4 * across + 2);
      if (turned) transformInputs(high, 32, 16, panel - 16, rightPlane, c);
      else transformInputs(low, <usize>few * FLOAT, 16, 16, leftPlane, c);
      fillStrip(dy + <usize>(image * oh * ow * oc) * FLOAT, oh, ow, oc, top, 0, 4, 4 * across);
      if (turned) transformGradients(low, <usize>few * FLOAT, 16, 16, leftPlane, oc);
      else transformGradients(high, 32, 16, panel - 16, rightPlane, oc);
    }
    accumulate(left, right, sums, count * across, few, many, leftPlane, rightPlane, panel, first > 0);
  }
  writeFilterGradient(sums, few, many, dFilter, c, oc, turned);
}

/** Some rows of an image from pixel `(top, left)` on, with zeros outside of it, in one piece. */
function fillStrip(image: usize, h: i32, w: i32, c: i32, top: i32, left: i32, rows: i32, columns: i32): void {
  const low = min(columns, max(0, -left)), high = max(low, min(columns, w - left));
  let to = strip;
  for (let row = top; row < top + rows; row++) {
    if (row < 0 || row >= h) {
      clearRun(to, columns * c);
    } else {
      clearRun(to, low * c);
      copyRun(image + <usize>((row * w + left + low) * c) * FLOAT, to + <usize>(low * c) * FLOAT, (high - low) * c);
      clearRun(to + <usize>(high * c) * FLOAT, (columns - high) * c);
    }
    to += <usize>(columns * c) * FLOAT;
  }
}

/**
 * `B d Bᵀ` of all tiles in the strip, four channels at a time; past the last channel there is anything. Tiles lie `tile`
 * bytes apart, planes `plane` bytes; from one four channels to the next it is `even` bytes, and then `odd` bytes, by turns.
 */
function transformInputs(to: usize, tile: usize, even: usize, odd: usize, plane: usize, c: i32): void {
  const pixel = <usize>c * FLOAT, row = <usize>((4 * across + 2) * c) * FLOAT;
  for (let t: i32 = 0; t < across; t++) {
    let from = strip + <usize>(4 * t) * pixel, out = to;
    for (let channel: i32 = 0; channel < c; channel += 4) {
      for (let j: usize = 0; j < 6; j++) inputPass(from + j * pixel, row, block + j * 16, 96);
      for (let i: usize = 0; i < 6; i++) inputPass(block + i * 96, 16, out + 6 * i * plane, plane);
      from += 16;
      out += channel & 4 ? odd : even;
    }
    to += tile;
  }
}

/** `A g Aᵀ` likewise. */
function transformGradients(to: usize, tile: usize, even: usize, odd: usize, plane: usize, c: i32): void {
  const pixel = <usize>c * FLOAT, row = <usize>(4 * across * c) * FLOAT;
  for (let t: i32 = 0; t < across; t++) {
    let from = strip + <usize>(4 * t) * pixel, out = to;
    for (let channel: i32 = 0; channel < c; channel += 4) {
      for (let j: usize = 0; j < 4; j++) gradientPass(from + j * pixel, row, block + j * 16, 64);
      for (let i: usize = 0; i < 6; i++) gradientPass(block + i * 64, 16, out + 6 * i * plane, plane);
      from += 16;
      out += channel & 4 ? odd : even;
    }
    to += tile;
  }
}

/** `G w Gᵀ`, in panels of eight output channels. */
function transformFilter(filter: usize, factors: usize, c: i32, oc: i32): void {
  const plane = <usize>(c * ((oc + 7) & ~7)) * FLOAT;
  const tap = <usize>(c * oc) * FLOAT;
  const middle = block + 9 * 16;
  for (let channel: i32 = 0; channel < c; channel++) {
    for (let o: i32 = 0; o < oc; o += 4) {
      const from = filter + <usize>(channel * oc + o) * FLOAT;
      for (let i: usize = 0; i < 9; i++) v128.store(block + i * 16, load4(from + i * tap, oc - o));
      for (let j: usize = 0; j < 3; j++) filterPass(block + j * 16, 48, middle + j * 16, 48);
      const out = factors + <usize>((o >> 3) * c * 8 + channel * 8 + (o & 7)) * FLOAT;
      for (let i: usize = 0; i < 6; i++) filterPass(middle + i * 48, 16, out + 6 * i * plane, plane);
    }
  }
}

/** `Aᵀ m A` of one row of tiles, plus bias, with the activation where that is cheap: `rows` rows of `ow` pixels of `y`. */
function writeOutputs(
  from: usize, outputs: i32, plane: usize, bias: usize, y: usize, rows: i32, ow: i32, oc: i32, kind: i32,
): void {
  const pixel = <usize>oc * FLOAT;
  const results = block + 24 * 16;
  for (let t: i32 = 0; t < across; t++) {
    const columns = min(4, ow - 4 * t);
    for (let o: i32 = 0; o < oc; o += 4) {
      const count = oc - o;
      const at = from + <usize>(t * outputs + o) * FLOAT;
      for (let j: usize = 0; j < 6; j++) outputPass(at + j * plane, 6 * plane, block + j * 16, 96);
      const start = bias ? load4(bias + <usize>o * FLOAT, count) : splat(0);
      for (let i: i32 = 0; i < rows; i++) {
        outputPass(block + <usize>i * 96, 16, results, 16);
        let to = y + <usize>(i * ow + 4 * t) * pixel + <usize>o * FLOAT;
        for (let j: i32 = 0; j < columns; j++) {
          let result = f32x4.add(v128.load(results + <usize>j * 16), start);
          if (kind == RELU) result = value(RELU, result);
          store4(to, result, count);
          to += pixel;
        }
      }
    }
  }
}

/** `Gᵀ s G` of the sums, `[36, few, many]`, as the gradient in the filter. */
function writeFilterGradient(sums: usize, few: i32, many: i32, dFilter: usize, c: i32, oc: i32, turned: bool): void {
  const plane = <usize>(few * many) * FLOAT;
  const results = block + 18 * 16;
  const rows = turned ? oc : c, columns = turned ? c : oc;
  for (let m: i32 = 0; m < rows; m++) {
    for (let n: i32 = 0; n < columns; n += 4) {
      const at = sums + <usize>(m * many + n) * FLOAT;
      for (let j: usize = 0; j < 6; j++) sumPass(at + j * plane, 6 * plane, block + j * 16, 96);
      for (let i: usize = 0; i < 3; i++) sumPass(block + i * 96, 16, results + i * 48, 16);
      for (let i: i32 = 0; i < 9; i++) {
        const from = results + <usize>i * 16;
        if (!turned) {
          store4(dFilter + <usize>((i * c + m) * oc + n) * FLOAT, v128.load(from), columns - n);
        } else {
          for (let l: i32 = 0; l < min(4, columns - n); l++) {
            store<f32>(dFilter + <usize>((i * c + n + l) * oc + m) * FLOAT, load<f32>(from + <usize>l * FLOAT));
          }
        }
      }
    }
  }
}

/** 36 products: rows of `sources` (`inputs` numbers apart, of which `c` count) times panels of factors. */
function multiply(
  sources: usize, factors: usize, products: usize, rows: i32, inputs: i32, c: i32, outputs: i32, tiles: i32,
): void {
  const row = <usize>inputs * FLOAT, outRow = <usize>outputs * FLOAT;
  const factorPlane = <usize>(c * ((outputs + 7) & ~7)) * FLOAT;
  for (let plane: i32 = 0; plane < PLANES; plane++) {
    for (let j: i32 = 0; j < outputs; j += 8) {
      const panel = factors + <usize>(j * c) * FLOAT;
      let a = sources, out = products + <usize>j * FLOAT;
      for (let i: i32 = 0; i < rows; i += 4) {
        if (outputs - j >= 8) tile8(a, row, 4, panel, c, out, outRow, false);
        else tile4(a, row, 4, panel, c, out, outRow, false);
        a += 4 * row;
        out += 4 * outRow;
      }
    }
    sources += <usize>(tiles * inputs) * FLOAT;
    products += <usize>(tiles * outputs) * FLOAT;
    factors += factorPlane;
  }
}

/** 36 products: `sums = leftᵀ right` over all tiles, or that added. */
function accumulate(
  left: usize, right: usize, sums: usize, depth: i32, few: i32, many: i32,
  leftPlane: usize, rightPlane: usize, panelSize: usize, add: bool,
): void {
  const step = <usize>few * FLOAT, outRow = <usize>many * FLOAT;
  for (let plane: i32 = 0; plane < PLANES; plane++) {
    let panel = right;
    for (let j: i32 = 0; j < many; j += 8) {
      let out = sums + <usize>j * FLOAT;
      for (let i: i32 = 0; i < few; i += 4) {
        const a = left + <usize>i * FLOAT;
        if (many - j >= 8) tile8(a, 4, step, panel, depth, out, outRow, add);
        else tile4(a, 4, step, panel, depth, out, outRow, add);
        out += 4 * outRow;
      }
      panel += panelSize;
    }
    left += leftPlane;
    right += rightPlane;
    sums += <usize>(few * many) * FLOAT;
  }
}

/** Four rows times a panel: `out[0 ... 3, 0 ... 7]`, or that added. */
// @ts-ignore: decorator
@inline
function tile8(a0: usize, row: usize, step: usize, panel: usize, depth: i32, out: usize, outRow: usize, add: bool): void {
  let a1 = a0 + row, a2 = a1 + row, a3 = a2 + row;
  const out1 = out + outRow, out2 = out1 + outRow, out3 = out2 + outRow;
  let c00 = splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  if (add) {
    c00 = v128.load(out);
    c01 = v128.load(out, 16);
    c10 = v128.load(out1);
    c11 = v128.load(out1, 16);
    c20 = v128.load(out2);
    c21 = v128.load(out2, 16);
    c30 = v128.load(out3);
    c31 = v128.load(out3, 16);
  }
  for (let k: i32 = 0; k < depth; k++) {
    const p0 = v128.load(panel), p1 = v128.load(panel, 16);
    panel += 32;
    let a = v128.load_splat<f32>(a0);
    a0 += step;
    c00 = madd(a, p0, c00);
    c01 = madd(a, p1, c01);
    a = v128.load_splat<f32>(a1);
    a1 += step;
    c10 = madd(a, p0, c10);
    c11 = madd(a, p1, c11);
    a = v128.load_splat<f32>(a2);
    a2 += step;
    c20 = madd(a, p0, c20);
    c21 = madd(a, p1, c21);
    a = v128.load_splat<f32>(a3);
    a3 += step;
    c30 = madd(a, p0, c30);
    c31 = madd(a, p1, c31);
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out1, c10);
  v128.store(out1, c11, 16);
  v128.store(out2, c20);
  v128.store(out2, c21, 16);
  v128.store(out3, c30);
  v128.store(out3, c31, 16);
}

/** The same for the first four columns of a panel. */
// @ts-ignore: decorator
@inline
function tile4(a0: usize, row: usize, step: usize, panel: usize, depth: i32, out: usize, outRow: usize, add: bool): void {
  let a1 = a0 + row, a2 = a1 + row, a3 = a2 + row;
  const out1 = out + outRow, out2 = out1 + outRow, out3 = out2 + outRow;
  let c0 = splat(0), c1 = c0, c2 = c0, c3 = c0;
  if (add) {
    c0 = v128.load(out);
    c1 = v128.load(out1);
    c2 = v128.load(out2);
    c3 = v128.load(out3);
  }
  for (let k: i32 = 0; k < depth; k++) {
    const p = v128.load(panel);
    panel += 32;
    c0 = madd(v128.load_splat<f32>(a0), p, c0);
    c1 = madd(v128.load_splat<f32>(a1), p, c1);
    c2 = madd(v128.load_splat<f32>(a2), p, c2);
    c3 = madd(v128.load_splat<f32>(a3), p, c3);
    a0 += step;
    a1 += step;
    a2 += step;
    a3 += step;
  }
  v128.store(out, c0);
  v128.store(out1, c1);
  v128.store(out2, c2);
  v128.store(out3, c3);
}

// @ts-ignore: decorator
@inline
function load4(at: usize, count: i32): v128 {
  return count >= 4 ? v128.load(at) : loadTail(at, count);
}

// @ts-ignore: decorator
@inline
function store4(at: usize, x: v128, count: i32): void {
  if (count >= 4) v128.store(at, x);
  else storeTail(at, x, count);
}
