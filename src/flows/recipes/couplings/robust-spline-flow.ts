import { Chain } from '../../../bijectors/chain.js';
import { Elementwise } from '../../../bijectors/elementwise.js';
import { MLP } from '../../../conditioners/mlp.js';
import { ShiftedSpline } from '../../../elementwise/shifted-spline.js';
import { contextOfLayers } from '../conditioning.js';
import { couplingLayer } from './coupling-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of {@link robustSplineFlow}. */
export interface RobustSplineFlowOptions extends RecipeOptions {
  /** The splines act on `[-tailBound, tailBound]`, in units of the standardised data. Default: 0.5. */
  readonly tailBound?: number;
}

/**
 * A conditional flow whose draws stay in bounds at contexts unlike those trained on: layers of {@link ShiftedSpline}s, each a
 * map by the context alone and then a coupling, with LU matrices between the layers. No layer multiplies what passes through
 * by a number that depends on the context: whatever that is, splines and shifts only add to it. Without a context it is a
 * flow of couplings.
 *
 * Defaults: 8 layers, hidden [128, 128], tail bound 0.5 as published. A wider box bends more and is bounded as well, by
 * `|out| ≤ |in| + |shift| + 2 · tailBound` a spline. It starts as a Gaussian with the data's means and deviations.
 *
 * Source: Hong, Park, Chun, "On the robustness of normalizing flows for inverse problems in imaging", 2023, section 4; their
 * flows are of images, with features of the low-resolution one for contexts.
 *
 * @cost density: one pass; sample: one pass
 * @throws FlowConfigError for sizes that are not positive integers, or a tail bound that is not positive.
 */
export function robustSplineFlow(options: RobustSplineFlowOptions): Flow {
  const { dims, layers = 8, hidden = [128, 128], tailBound = 0.5 } = options;
  const sized = { ...options, layers, hidden, mixing: options.mixing ?? (dims > 1 ? 'lu' : 'none') } as const;
  const { activation = 'relu', dropout = 0 } = options;
  const contextShape = contextOfLayers('robustSplineFlow', options);
  const transform = new ShiftedSpline({ tailBound });
  return assembleFlow('robustSplineFlow', sized, (index, seed) => {
    const coupling = couplingLayer(sized, transform, index, seed);
    if (contextShape === null || dims === 1) return coupling;
    const initialOutput = Array.from({ length: dims }, () => transform.identityParameters()).flat();
    const network = { inputs: 0, outputs: initialOutput.length, hidden, initialOutput };
    const conditioner = new MLP({ ...network, activation, dropout, contextShape, seed: seed.split('context') });
    const byContext = new Elementwise({ eventShape: [dims], transform, conditioner });
    return new Chain({ bijectors: [byContext, coupling] });
  });
}
