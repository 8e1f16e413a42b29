import { FlowConfigError } from '../../../errors.js';
import type { Seed } from '../../../random.js';
import type { Shape } from '../../../shapes.js';
import type { ConditioningOptions } from '../conditioning.js';

/** Sizes of a model: those it was published with, or some that train on two cores within minutes. */
export type Preset = 'paper' | 'small';

/** Options that every recipe of a flow of images takes. */
export interface ImageFlowOptions extends ConditioningOptions {
  /** Shape of one image, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** Bits of a pixel value: the flow is a density on [0, 2^bits) in each. Default: 8. */
  readonly bits?: number;
  /** Sizes to start from; options given beside it replace its own. Default: `paper`. */
  readonly preset?: Preset;
  /** Seed of weights and permutations. Default: 0. */
  readonly seed?: Seed;
}

/**
 * The sizes of a preset.
 *
 * @throws FlowConfigError for one that is not there.
 */
export function sizesOf<Sizes>(
  name: string,
  presets: Readonly<Record<Preset, Sizes>>,
  preset: Preset = 'paper',
): Sizes {
  if (!Object.hasOwn(presets, preset)) {
    throw new FlowConfigError(`${name}.preset`, { expected: "'paper' or 'small'", got: `'${String(preset)}'` });
  }
  return presets[preset];
}
