import type { SimdCall } from '../fused/wasm.js';
import type { ConvolutionGeometry } from '../stock-repairs/convolution-geometry.js';

/**
 * Whether a convolution is worth taking four by four results at a time: it then costs 36 products a tile and pair of channels
 * instead of 144, but tiles have to be transformed. It depends on nothing but the sizes of one image and of the filter, so
 * that a batch gives the same numbers however it is cut.
 */
export function isWorthTiles(g: ConvolutionGeometry): boolean {
  const { channels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = g;
  const pairs = channels * outChannels;
  if (filterHeight !== 3 || filterWidth !== 3 || pairs < FEWEST_PAIRS || pairs > MOST_PAIRS) return false;
  const tiles = Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);
  const products = 36 * pairs + TRANSFORMS * (channels + outChannels);
  return tiles * products < SAVING * 9 * pairs * outHeight * outWidth;
}

/** Below it the transforms, above it the size of the transformed filter - four times its own - take what is won. */
const FEWEST_PAIRS = 256;
const MOST_PAIRS = 16384;
/** What the transforms of one tile cost a channel, in products. */
const TRANSFORMS = 220;
const SAVING = 0.8;

/** Scratch memory of {@link winogradCall}. */
export function winogradScratch(g: ConvolutionGeometry): number {
  const { channels, outChannels } = g;
  const tiles = rowsAtATime(g) * across(g) + 3;
  const numbers = channels * upToEight(outChannels) + tiles * (upToEight(channels) + upToEight(outChannels));
  return 36 * (numbers + 4) + 4 + stripSize(g);
}

/** A convolution with bias, or 0 for none, and the activation of this number. */
export function winogradCall(
  g: ConvolutionGeometry,
  x: number,
  filter: number,
  bias: number,
  y: number,
  activation: number,
  scratch: number,
): SimdCall {
  return ['winograd', x, filter, bias, y, activation, ...sizes(g), rowsAtATime(g), scratch];
}

/** Scratch memory of {@link winogradFilterGradientCall}. */
export function winogradFilterGradientScratch(g: ConvolutionGeometry): number {
  const [c, oc] = [upToEight(g.channels), upToEight(g.outChannels)];
  return 36 * (c * oc + rowsAtATime(g) * across(g) * (c + oc) + 4) + stripSize(g);
}

/** Its gradient in the filter. */
export function winogradFilterGradientCall(
  g: ConvolutionGeometry,
  x: number,
  dy: number,
  dFilter: number,
  scratch: number,
): SimdCall {
  return ['winogradFilterGradient', x, dy, dFilter, ...sizes(g), rowsAtATime(g), scratch];
}

function sizes(g: ConvolutionGeometry): number[] {
  return [g.batch, g.height, g.width, g.channels, g.outHeight, g.outWidth, g.outChannels, g.top, g.left];
}

/** Tiles in a row. */
function across({ outWidth }: ConvolutionGeometry): number {
  return Math.ceil(outWidth / 4);
}

/** Rows of tiles whose transforms fit in the processor's second cache, or make up a fair matrix at least. */
function rowsAtATime(g: ConvolutionGeometry): number {
  const tiles = Math.max(CACHED_NUMBERS / (36 * (g.channels + g.outChannels)), FEWEST_TILES);
  return Math.max(1, Math.min(Math.round(tiles / across(g)), g.batch * Math.ceil(g.outHeight / 4)));
}

const CACHED_NUMBERS = 65536;
const FEWEST_TILES = 12;

/** Numbers under a row of tiles, and some to read past them. */
function stripSize(g: ConvolutionGeometry): number {
  const columns = 4 * across(g) + 2;
  return columns * Math.max(6 * g.channels, 4 * g.outChannels) + 8;
}

function upToEight(count: number): number {
  return 8 * Math.ceil(count / 8);
}
