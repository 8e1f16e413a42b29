import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';
import type { CpuKernel } from './cpu.js';
import type { GpuKernel, GpuProgram } from './gpu.js';
import type { TensorFlowKernel } from './tensorflow.js';
import type { SimdCall, WasmKernel } from './wasm.js';
import type { WebGLKernel } from './webgl.js';
import type { WebGPUKernel } from './webgpu.js';

/**
 * A kernel and its implementations; a backend without one of its own runs the operation's reference.
 *
 * Implementations are methods, so that operations with different attributes can stand in one list.
 */
export interface FusedKernel<Attributes extends object> {
  /** Name under which TF.js knows it; begins with `TfjsFlows`. */
  readonly name: string;
  /** Names of the input tensors, in the order in which implementations get them. */
  readonly inputs: readonly string[];
  /** Names of the output tensors, likewise. */
  readonly outputs: readonly string[];
  outputShapes(inputShapes: readonly Shape[], attributes: Attributes): readonly Shape[];
  /** Plain loops over typed arrays: the cpu backend, and wasm for want of anything better. Doubles inside. */
  cpu(...call: Parameters<CpuKernel<Attributes>>): void;
  /** Calls into the SIMD module. */
  wasm?(...call: Parameters<WasmKernel<Attributes>>): SimdCall[];
  /** One program for webgl and webgpu alike, in what their languages share. */
  gpu?(...call: Parameters<GpuKernel<Attributes>>): GpuProgram;
  /** GLSL programs, where one is not enough. */
  webgl?(...call: Parameters<WebGLKernel<Attributes>>): TensorInfo[];
  /** WGSL programs, likewise. */
  webgpu?(...call: Parameters<WebGPUKernel<Attributes>>): TensorInfo[];
  /** Operations of native TensorFlow. */
  tensorflow?(...call: Parameters<TensorFlowKernel<Attributes>>): TensorInfo[];
}

/** Tensors by name: inputs of an operation (`x`), its outputs (`y`), upstream gradients of those (`dy`). */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** Gradients of inputs, by the input's name. */
export type NamedGradients = Record<string, () => Tensor>;

/**
 * A differentiable operation that runs as one kernel, forward and backward.
 *
 * The gradient names as its inputs what it needs: inputs of the operation (`x`), its outputs (`y`), and the upstream
 * gradients of its outputs (`dy`). Its outputs are the gradients of inputs (`dx`); inputs that are left out are constants.
 */
export interface FusedOp<Attributes extends object> extends FusedKernel<Attributes> {
  /**
   * The same from TF.js operations: runs on any backend, is differentiable to any order (where there are no `gradientOps`),
   * and is what the implementations are tested against.
   */
  reference(inputs: Tensor[], attributes: Attributes): Tensor[];
  readonly gradient?: FusedKernel<Attributes>;
  /**
   * In place of `gradient`: the gradient from differentiable operations. It serves kernel and reference alike, and
   * derivatives of every order.
   */
  gradientOps?(known: NamedTensors, attributes: Attributes): NamedGradients;
  /** Small cases for the self-test at start-up and for the tests of all implementations. */
  readonly samples: readonly FusedSample<Attributes>[];
}

/** Inputs to try an operation on. */
export interface FusedSample<Attributes extends object> {
  readonly attributes: Attributes;
  readonly inputs: readonly { readonly shape: Shape; readonly values: readonly number[] }[];
}
