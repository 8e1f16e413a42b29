import type { Shape } from '../../shapes.js';

/**
 * A program for a GPU. It computes one number at a time: `float compute(int index)` gives number `index` of all outputs
 * of the kernel laid end to end, each in row-major order.
 */
export interface GpuProgram {
  /**
   * Source in the common part of GLSL and WGSL, see {@link ./shader.ts}. Number `i` of input `name` is `name(i)`.
   */
  readonly code: string;
  /** Whole numbers that the code reads by name, such as sizes: other values are no other program. */
  readonly ints: Readonly<Record<string, number>>;
  /** Other numbers, likewise. */
  readonly floats?: Readonly<Record<string, number>>;
}

/** The program for inputs of these shapes. What differs from one `code` to the next is compiled anew. */
export type GpuKernel<Attributes extends object> = (shapes: readonly Shape[], attributes: Attributes) => GpuProgram;
