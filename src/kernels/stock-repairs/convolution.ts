import * as tf from '@tensorflow/tfjs-core';
import type { Floats } from '../fused/cpu.js';
import type { SimdCall } from '../fused/wasm.js';
import { gemmScratch, gemmTransposedScratch } from '../wasm/gemm-scratch.js';
import { geometryArguments, type ConvolutionGeometry } from './convolution-geometry.js';
import * as loops from './convolution-loops.js';

/** A gradient of a convolution: from two tensors to one. */
export interface ConvolutionGradient {
  readonly kernelName: string;
  readonly depthwise: boolean;
  /** TF.js's names of the tensors it reads; one of them may be the image or the filter. */
  readonly inputs: readonly [string, string];
  /** What it is the gradient in: the tensor whose shape the attributes give. */
  readonly target: 'image' | 'filter';
  loops(geometry: ConvolutionGeometry, first: Floats, second: Floats, out: Floats): void;
  /** Numbers of scratch memory that the SIMD call needs. */
  scratch(geometry: ConvolutionGeometry): number;
  simd(geometry: ConvolutionGeometry, first: number, second: number, out: number, scratch: number): SimdCall;
}

/** Gradients of `conv2d` and `depthwiseConv2d`. */
export const CONVOLUTION_GRADIENTS: readonly ConvolutionGradient[] = [
  {
    kernelName: tf.Conv2DBackpropFilter,
    depthwise: false,
    inputs: ['x', 'dy'],
    target: 'filter',
    loops: loops.filterGradient,
    scratch: filterGradientScratch,
    simd: filterGradientCall,
  },
  {
    kernelName: tf.Conv2DBackpropInput,
    depthwise: false,
    inputs: ['dy', 'filter'],
    target: 'image',
    loops: loops.imageGradient,
    scratch: imageGradientScratch,
    simd: (g, dy, filter, dx, scratch) => imageGradientCall(g, dy, filter, 0, dx, scratch),
  },
  {
    kernelName: tf.DepthwiseConv2dNativeBackpropFilter,
    depthwise: true,
    inputs: ['x', 'dy'],
    target: 'filter',
    loops: loops.depthwiseFilterGradient,
    scratch: () => 0,
    simd: (g, x, dy, dFilter) => ['depthwiseFilterGradient', x, dy, dFilter, ...geometryArguments(g)],
  },
  {
    kernelName: tf.DepthwiseConv2dNativeBackpropInput,
    depthwise: true,
    inputs: ['dy', 'filter'],
    target: 'image',
    loops: loops.depthwiseImageGradient,
    scratch: () => 0,
    simd: (g, dy, filter, dx) => ['depthwiseImageGradient', dy, filter, dx, ...geometryArguments(g)],
  },
];

/** Scratch memory of {@link filterGradientCall}. */
export function filterGradientScratch(g: ConvolutionGeometry): number {
  const pixels = rowsAtATime(g) * g.outWidth;
  return patchSize(g) * (g.outChannels + pixels) + gemmTransposedScratch(patchSize(g), pixels);
}

/** The gradient of a convolution in its filter, as a call of the SIMD module. */
export function filterGradientCall(
  g: ConvolutionGeometry,
  x: number,
  dy: number,
  dFilter: number,
  scratch: number,
): SimdCall {
  return ['filterGradient', x, dy, dFilter, ...geometryArguments(g), rowsAtATime(g), scratch];
}

/** Scratch memory of {@link imageGradientCall}. */
export function imageGradientScratch(g: ConvolutionGeometry): number {
  return rowsAtATime(g) * g.outWidth * patchSize(g) + gemmScratch(g.outChannels);
}

/** The gradient of a convolution in its images, added to the numbers `bias` of a pixel, where that is not 0. */
export function imageGradientCall(
  g: ConvolutionGeometry,
  dy: number,
  filter: number,
  bias: number,
  dx: number,
  scratch: number,
): SimdCall {
  return ['imageGradient', dy, filter, bias, dx, ...geometryArguments(g), rowsAtATime(g), scratch];
}

/** Scratch memory of {@link convolutionCall}. */
export function convolutionScratch(g: ConvolutionGeometry): number {
  return rowsAtATime(g) * g.outWidth * patchSize(g) + gemmScratch(patchSize(g));
}

/** A convolution with bias and the activation of this number. */
export function convolutionCall(
  g: ConvolutionGeometry,
  x: number,
  filter: number,
  bias: number,
  y: number,
  activation: number,
  scratch: number,
): SimdCall {
  return ['convolve', x, filter, bias, y, activation, ...geometryArguments(g), rowsAtATime(g), scratch];
}

/** Numbers that one result reads. */
function patchSize(g: ConvolutionGeometry): number {
  return g.filterHeight * g.filterWidth * g.channels;
}

/** Rows of results whose patches fit in the processor's second cache, or make up a fair matrix at least. */
function rowsAtATime(g: ConvolutionGeometry): number {
  const pixels = Math.max(CACHED_NUMBERS / Math.max(1, patchSize(g)), FEWEST_PIXELS);
  const rows = Math.ceil(pixels / Math.max(1, g.outWidth));
  return Math.max(1, Math.min(rows, g.batch * g.outHeight));
}

const CACHED_NUMBERS = 65536;
const FEWEST_PIXELS = 128;
