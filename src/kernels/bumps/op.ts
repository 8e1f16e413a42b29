import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { offTape } from '../stop-gradient/off-tape.js';
import { bumpRootsOnCpu, bumpsGradientOnCpu, bumpsOnCpu } from './cpu.js';
import { bumpRootsOnGpu, bumpsGradientOnGpu, bumpsOnGpu } from './gpu.js';
import { bumpRootsReference, bumpsReference } from './reference.js';
import { bumpRootSamples, bumpSamples } from './samples.js';
import type { BumpAttributes } from './spec.js';
import { bumpRootsOnWasm, bumpsGradientOnWasm, bumpsOnWasm } from './wasm.js';

/** Bumps on a uniform density, a set of them for each point. */
export interface Bumps {
  /** Mass of each bump, `[n, bumps]`. */
  readonly weights: Tensor;
  /** Where each begins, `[n, bumps]`. */
  readonly starts: Tensor;
  /** Reciprocal of the width of each, `[n, bumps]`; on a circle at least 1. */
  readonly rates: Tensor;
  /** `α`: how narrow a bump is within its width, `[n, bumps]`. */
  readonly sharpness: Tensor;
  /** The uniform density, `[n]`. */
  readonly floor: Tensor;
}

const INPUTS = ['weights', 'starts', 'rates', 'sharpness'];

/** Sums of bumps alone; see {@link bumpSums}. With the floor, the gradient would have more inputs than WebGPU takes. */
export const bumpsOp: FusedOp<BumpAttributes> = {
  name: 'TfjsFlowsBumps',
  inputs: ['x', ...INPUTS],
  outputs: ['value', 'slope'],
  outputShapes: ([x]) => [x, x],
  reference: bumpsReference,
  cpu: bumpsOnCpu,
  wasm: bumpsOnWasm,
  gpu: bumpsOnGpu,
  gradient: {
    name: 'TfjsFlowsBumpsGradient',
    inputs: ['x', ...INPUTS, 'dvalue', 'dslope'],
    outputs: ['dx', ...INPUTS.map((name) => `d${name}`)],
    outputShapes: (shapes) => shapes.slice(0, 5),
    cpu: bumpsGradientOnCpu,
    wasm: bumpsGradientOnWasm,
    gpu: bumpsGradientOnGpu,
  },
  samples: bumpSamples,
};

/** See {@link bumpRoots}. The floor has another name in shaders, which have a function of that one. */
export const bumpRootsOp: FusedOp<BumpAttributes> = {
  name: 'TfjsFlowsBumpRoots',
  inputs: ['level', 'ground', ...INPUTS],
  outputs: ['root'],
  outputShapes: ([level]) => [level],
  reference: bumpRootsReference,
  cpu: bumpRootsOnCpu,
  wasm: bumpRootsOnWasm,
  gpu: bumpRootsOnGpu,
  samples: bumpRootSamples,
};

/**
 * Distribution function and density of bumps on a uniform density,
 *
 * `value = c x + Σ wₖ S(rₖ (x - aₖ))`, `slope = c + Σ wₖ rₖ S′(rₖ (x - aₖ))`,
 *
 * where `S` rises from 0 at 0 to 1 at 1 with all derivatives continuous:
 *
 * `S(z) = ρ(z) / (ρ(z) + ρ(1 - z))`, `ρ(z) = exp(α (1 - z^-b))` for `z > 0`, else 0.
 *
 * On a circle, of length 1, bumps repeat: `S(rₖ frac(x - aₖ)) + floor(x - aₖ)` in place of the step.
 *
 * Source: Köhler, Krämer, Noé, "Smooth normalizing flows", 2021, section 3.
 *
 * @param x `[n]`
 * @returns `[n]` each; differentiable to any order
 */
export function bumpSums(x: Tensor, bumps: Bumps, attributes: BumpAttributes): { value: Tensor; slope: Tensor } {
  const [value, slope] = runFused(bumpsOp, [x, ...partsOf(bumps)], attributes);
  return { value: tf.add(value, tf.mul(bumps.floor, x)), slope: tf.add(slope, bumps.floor) };
}

/**
 * Points at which {@link bumpSums} has given values, as constants to every gradient: Newton steps kept inside of a bracket by
 * bisections, which end in any case. Without a circle they are sought in [0, 1], and a value beyond those at its ends gives
 * the end; on one `c + Σ wₖ` must be 1.
 *
 * @param level `[n]`
 * @returns `[n]`
 */
export function bumpRoots(level: Tensor, bumps: Bumps, attributes: BumpAttributes): Tensor {
  return offTape(() => runFused(bumpRootsOp, [level, bumps.floor, ...partsOf(bumps)], attributes)[0]);
}

function partsOf({ weights, starts, rates, sharpness }: Bumps): Tensor[] {
  return [weights, starts, rates, sharpness];
}
