import { activate } from './activation';
import { gemm, gemmTransposed } from './gemm';
import { addProduct, addRun, clearRun, copyRun } from './runs';

const FLOAT: usize = 4;

// Geometry of the convolution at work: images `[batch, height, width, channels]`, results `[batch, outHeight, outWidth,
// outChannels]`, filters `[filterHeight, filterWidth, channels, ...]`.
let batch: i32 = 0, height: i32 = 0, width: i32 = 0, channels: i32 = 0;
let outHeight: i32 = 0, outWidth: i32 = 0, outChannels: i32 = 0;
let filterHeight: i32 = 0, filterWidth: i32 = 0;
let strideHeight: i32 = 0, strideWidth: i32 = 0;
let top: i32 = 0, left: i32 = 0;

function setGeometry(
  images: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32,
  fh: i32, fw: i32, sh: i32, sw: i32, padTop: i32, padLeft: i32,
): void {
  batch = images;
  height = h;
  width = w;
  channels = c;
  outHeight = oh;
  outWidth = ow;
  outChannels = oc;
  filterHeight = fh;
  filterWidth = fw;
  strideHeight = sh;
  strideWidth = sw;
  top = padTop;
  left = padLeft;
}

/** Whether a patch is a pixel, so that images are matrices of patches already. */
function isPointwise(): bool {
  return filterHeight == 1 && filterWidth == 1 && strideHeight == 1 && strideWidth == 1 && outHeight == height && outWidth == width;
}

/**
 * `y = φ(x ∗ W + b)`: patches of the images, times the filter, with the bias in the accumulators and the activation where
 * they are left. `bias`: one number an output channel, or 0 for none; `kind`: the activation.
 *
 * `rows`: how many rows of `y` to take at a time. `scratch`: with `p = rows outWidth` pixels and `n` numbers a patch,
 * p n numbers and those of a product of depth n.
 */
export function convolve(
  x: usize, filter: usize, bias: usize, y: usize, kind: i32,
  images: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32,
  fh: i32, fw: i32, sh: i32, sw: i32, padTop: i32, padLeft: i32,
  rows: i32, scratch: usize,
): void {
  setGeometry(images, h, w, c, oh, ow, oc, fh, fw, sh, sw, padTop, padLeft);
  const size = fh * fw * c;
  const all = images * oh;
  const pointwise = isPointwise();
  const work = scratch + <usize>(rows * ow * size) * FLOAT;
  for (let first: i32 = 0; first < all; first += rows) {
    const count = min(rows, all - first);
    let from = scratch;
    if (pointwise) from = x + <usize>(first * ow * c) * FLOAT;
    else takePatches(x, scratch, first, count);
    const out = y + <usize>(first * ow * oc) * FLOAT;
    gemm(from, size, 1, filter, oc, 1, 0, bias, out, 0, count * ow, size, oc, work);
    activate(kind, out, count * ow * oc);
  }
}

/**
 * Gradient of a convolution in its filter, `dW[a, b, c, o] = Σ x[image, i s + a - top, j s + b - left, c] dy[image, i, j, o]`:
 * the product of all patches of the images, transposed, with `dy`.
 *
 * `rows`: how many rows of `dy` to take at a time. `scratch`: with `p = rows outWidth` pixels and `n` numbers a patch,
 * n (outChannels + p) numbers and those of a transposed product of depth p.
 */
export function filterGradient(
  x: usize, dy: usize, dFilter: usize,
  images: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32,
  fh: i32, fw: i32, sh: i32, sw: i32, padTop: i32, padLeft: i32,
  rows: i32, scratch: usize,
): void {
  setGeometry(images, h, w, c, oh, ow, oc, fh, fw, sh, sw, padTop, padLeft);
  const size = fh * fw * c;
  const all = images * oh;
  const pointwise = isPointwise();
  const part = scratch;
  const patches = part + <usize>(size * oc) * FLOAT;
  const work = patches + <usize>(rows * ow * size) * FLOAT;
  if (all == 0) clearRun(dFilter, size * oc);
  for (let first: i32 = 0; first < all; first += rows) {
    const count = min(rows, all - first);
    let from = patches;
    if (pointwise) from = x + <usize>(first * ow * c) * FLOAT;
    else takePatches(x, patches, first, count);
    const result = first == 0 ? dFilter : part;
    gemmTransposed(from, dy + <usize>(first * ow * oc) * FLOAT, result, 0, size, count * ow, oc, work);
    if (first > 0) addRun(part, dFilter, size * oc);
  }
}

/**
 * Gradient of a convolution in its images: the product of `dy` with the transposed filter, as patches, which are then
 * added up where they lie. `bias`: numbers of a pixel from which the sums start, or 0 for zeros.
 *
 * `rows`: how many rows of `dy` to take at a time. `scratch`: with `p = rows outWidth` pixels and `n` numbers a patch,
 * p n numbers and those of a product of depth outChannels.
 */
export function imageGradient(
  dy: usize, filter: usize, bias: usize, dx: usize,
  images: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32,
  fh: i32, fw: i32, sh: i32, sw: i32, padTop: i32, padLeft: i32,
  rows: i32, scratch: usize,
): void {
  setGeometry(images, h, w, c, oh, ow, oc, fh, fw, sh, sw, padTop, padLeft);
  const size = fh * fw * c;
  const all = images * oh;
  const pointwise = isPointwise();
  const work = scratch + <usize>(rows * ow * size) * FLOAT;
  if (!pointwise) {
    if (bias) for (let i: i32 = 0; i < images * h * w; i++) copyRun(bias, dx + <usize>(i * c) * FLOAT, c);
    else clearRun(dx, images * h * w * c);
  }
  for (let first: i32 = 0; first < all; first += rows) {
    const count = min(rows, all - first);
    const patches = pointwise ? dx + <usize>(first * ow * c) * FLOAT : scratch;
    gemm(dy + <usize>(first * ow * oc) * FLOAT, oc, 1, filter, 1, oc, 0, pointwise ? bias : 0, patches, 0, count * ow, oc, size, work);
    if (!pointwise) addPatches(patches, dx, first, count);
  }
}

/** The patches under `rows` rows of results from row `first` on (rows of all images counted through), one a line. */
function takePatches(x: usize, patches: usize, first: i32, rows: i32): void {
  const c = channels, line = filterWidth * c, w = filterWidth;
  for (let row = first; row < first + rows; row++) {
    const image = x + <usize>((row / outHeight) * height * width * c) * FLOAT;
    const y = (row % outHeight) * strideHeight - top;
    for (let j: i32 = 0; j < outWidth; j++) {
      const begin = j * strideWidth - left;
      const low = min(w, max(0, -begin)), high = max(low, min(w, width - begin));
      for (let a: i32 = 0; a < filterHeight; a++) {
        if (y + a < 0 || y + a >= height) {
          clearRun(patches, line);
        } else {
          clearRun(patches, low * c);
          copyRun(image + <usize>(((y + a) * width + begin + low) * c) * FLOAT, patches + <usize>(low * c) * FLOAT, (high - low) * c);
          clearRun(patches + <usize>(high * c) * FLOAT, (w - high) * c);
        }
        patches += <usize>line * FLOAT;
      }
    }
  }
}

/** The adjoint of {@link takePatches}. */
function addPatches(patches: usize, dx: usize, first: i32, rows: i32): void {
  const c = channels, line = filterWidth * c, w = filterWidth;
  for (let row = first; row < first + rows; row++) {
    const image = dx + <usize>((row / outHeight) * height * width * c) * FLOAT;
    const y = (row % outHeight) * strideHeight - top;
    for (let j: i32 = 0; j < outWidth; j++) {
      const begin = j * strideWidth - left;
      const low = min(w, max(0, -begin)), high = max(low, min(w, width - begin));
      for (let a: i32 = 0; a < filterHeight; a++) {
        if (y + a >= 0 && y + a < height) {
          addRun(patches + <usize>(low * c) * FLOAT, image + <usize>(((y + a) * width + begin + low) * c) * FLOAT, (high - low) * c);
        }
        patches += <usize>line * FLOAT;
      }
    }
  }
}

/**
 * Gradient of a depthwise convolution in its filter, `dW[a, b, c, m] = Σ x[image, i s + a - top, j s + b - left, c]
 * dy[image, i, j, c multiplier + m]`.
 */
export function depthwiseFilterGradient(
  x: usize, dy: usize, dFilter: usize,
  images: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32,
  fh: i32, fw: i32, sh: i32, sw: i32, padTop: i32, padLeft: i32,
): void {
  setGeometry(images, h, w, c, oh, ow, oc, fh, fw, sh, sw, padTop, padLeft);
  clearRun(dFilter, fh * fw * oc);
  depthwise(x, dy, dFilter, true);
}

/** Gradient of a depthwise convolution in its images. */
export function depthwiseImageGradient(
  dy: usize, filter: usize, dx: usize,
  images: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32,
  fh: i32, fw: i32, sh: i32, sw: i32, padTop: i32, padLeft: i32,
): void {
  setGeometry(images, h, w, c, oh, ow, oc, fh, fw, sh, sw, padTop, padLeft);
  clearRun(dx, images * h * w * c);
  depthwise(dx, dy, filter, false);
}

/** Visits all pairs of a pixel and a tap that meet; adds to the filter or to the images. */
function depthwise(x: usize, dy: usize, filter: usize, toFilter: bool): void {
  const c = channels, oc = outChannels, multiplier = oc / c;
  for (let image: i32 = 0; image < batch; image++) {
    for (let i: i32 = 0; i < outHeight; i++) {
      for (let a: i32 = 0; a < filterHeight; a++) {
        const y = i * strideHeight - top + a;
        if (y < 0 || y >= height) continue;
        const line = x + <usize>(((image * height + y) * width) * c) * FLOAT;
        const upstream = dy + <usize>(((image * outHeight + i) * outWidth) * oc) * FLOAT;
        for (let b: i32 = 0; b < filterWidth; b++) {
          const tap = filter + <usize>((a * filterWidth + b) * oc) * FLOAT;
          for (let j: i32 = 0; j < outWidth; j++) {
            const z = j * strideWidth - left + b;
            if (z < 0 || z >= width) continue;
            const pixel = line + <usize>(z * c) * FLOAT, out = upstream + <usize>(j * oc) * FLOAT;
            if (multiplier == 1) addProduct(toFilter ? pixel : tap, out, toFilter ? tap : pixel, c);
            else if (toFilter) spread(pixel, out, tap, c, multiplier);
            else collect(tap, out, pixel, c, multiplier);
          }
        }
      }
    }
  }
}

/** `tap[c, m] += pixel[c] dy[c, m]` */
function spread(pixel: usize, dy: usize, tap: usize, c: i32, multiplier: i32): void {
  for (let i: i32 = 0; i < c; i++) {
    const value = load<f32>(pixel);
    for (let m: i32 = 0; m < multiplier; m++) {
      store<f32>(tap, load<f32>(tap) + value * load<f32>(dy));
      tap += FLOAT;
      dy += FLOAT;
    }
    pixel += FLOAT;
  }
}

/** `pixel[c] += Σ_m tap[c, m] dy[c, m]` */
function collect(tap: usize, dy: usize, pixel: usize, c: i32, multiplier: i32): void {
  for (let i: i32 = 0; i < c; i++) {
    let sum = load<f32>(pixel);
    for (let m: i32 = 0; m < multiplier; m++) {
      sum += load<f32>(tap) * load<f32>(dy);
      tap += FLOAT;
      dy += FLOAT;
    }
    store<f32>(pixel, sum);
    pixel += FLOAT;
  }
}
