import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';

/** Sizes of a convolution of images `[batch, height, width, channels]`. */
export interface ConvolutionGeometry {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** For a depthwise convolution: channels times its multiplier. */
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  /** Rows of zeros above the image, and columns to its left. */
  readonly top: number;
  readonly left: number;
}

/** TF.js's attributes of a convolution. */
export interface ConvolutionAttributes {
  strides: number | [number, number];
  pad: 'same' | 'valid' | number;
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: number | [number, number];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** What TF.js's attributes of a convolution's gradient say; as everywhere in TF.js, the forward strides and padding. */
export function geometryOf(
  kernel: string,
  imageShape: Shape,
  filterShape: Shape,
  attributes: ConvolutionAttributes,
  depthwise: boolean,
): ConvolutionGeometry {
  const { strides, pad, dimRoundingMode, dataFormat = 'NHWC', dilations = 1 } = attributes;
  if (dataFormat !== 'NHWC') throw new Error(`${kernel} takes images of format NHWC on wasm, not ${dataFormat}.`);
  if ([dilations].flat().some((dilation) => dilation !== 1)) {
    throw new Error(
      `${kernel} has no gradient for dilation rates other than 1, got ${[dilations].flat().join(' and ')}.`,
    );
  }
  const info = tf.backend_util.computeConv2DInfo(
    imageShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  return {
    batch: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    filterHeight: info.filterHeight,
    filterWidth: info.filterWidth,
    strideHeight: info.strideHeight,
    strideWidth: info.strideWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  };
}

/** The geometry in the order in which functions of the SIMD module take it. */
export function geometryArguments(g: ConvolutionGeometry): number[] {
  // prettier-ignore
  return [
    g.batch, g.height, g.width, g.channels, g.outHeight, g.outWidth, g.outChannels,
    g.filterHeight, g.filterWidth, g.strideHeight, g.strideWidth, g.top, g.left,
  ];
}

/** Calls `visit` with the pixel, the result and the tap of every product in the convolution, as offsets without channels. */
export function forEachProduct(
  g: ConvolutionGeometry,
  visit: (pixel: number, result: number, tap: number) => void,
): void {
  for (let result = 0; result < g.batch * g.outHeight * g.outWidth; result++) {
    const row = Math.floor(result / g.outWidth);
    const image = Math.floor(row / g.outHeight);
    const y = (row % g.outHeight) * g.strideHeight - g.top;
    const x = (result % g.outWidth) * g.strideWidth - g.left;
    for (let a = Math.max(0, -y); a < Math.min(g.filterHeight, g.height - y); a++) {
      for (let b = Math.max(0, -x); b < Math.min(g.filterWidth, g.width - x); b++) {
        visit((image * g.height + y + a) * g.width + x + b, result, a * g.filterWidth + b);
      }
    }
  }
}
