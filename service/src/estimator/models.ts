import {
  Chain,
  Flow,
  FlowConfigError,
  maf,
  Normal,
  realNvp,
  splineAutoregressiveFlow,
  splineCouplingFlow,
  Whitening,
  type RecipeOptions,
} from 'tfjs-flows';
import type { ModelName } from './model-names.js';

/** What a model is built for. */
export interface ModelRequest extends Pick<RecipeOptions, 'dims' | 'contextShape' | 'seed'> {
  /** Rows to train on: few of them take narrower networks. */
  readonly rows: number;
}

/** A model of columns of mean 0 and deviation 1, untrained. */
export function buildModel(name: ModelName, { dims, contextShape = null, seed, rows }: ModelRequest): Flow {
  const width = rows < 2000 ? 32 : rows < 20_000 ? 64 : 128;
  const sized = { dims, contextShape, seed, hidden: [width, width], standardize: false } as const;
  switch (name) {
    case 'gaussian': {
      if (contextShape) {
        throw new FlowConfigError('DensityEstimator.model', {
          expected: 'a model that takes conditions',
          got: "'gaussian'",
        });
      }
      const whitening = new Whitening({ dims, ridge: 1e-6 });
      return new Flow({ base: Normal.standard([dims]), bijector: new Chain({ bijectors: [whitening] }) });
    }
    case 'spline-coupling':
      return splineCouplingFlow({ ...sized, layers: 5 });
    case 'spline-autoregressive':
      return splineAutoregressiveFlow({ ...sized, layers: 3 });
    case 'maf':
      return maf({ ...sized, layers: 6 });
    case 'real-nvp':
      return realNvp({ ...sized, layers: 8 });
  }
}

/** Those tried by `auto`. */
export function candidatesFor(dims: number, conditional: boolean): ModelName[] {
  const flows: ModelName[] =
    dims === 1 ? ['spline-autoregressive'] : ['spline-coupling', 'spline-autoregressive', 'maf'];
  return conditional ? flows : ['gaussian', ...flows];
}
