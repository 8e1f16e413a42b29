import {
  effectiveSampleSize,
  forwardEffectiveSampleSize,
  freeEnergyPerturbation,
  paretoSmoothedLogWeights,
} from 'tfjs-flows';
import { histogramDistance, type Comparison } from './comparison.js';
import type { BoltzmannTarget } from './target.js';
import type { WeightedDraws } from './weigh.js';

/** What the draws of a flow are worth. */
export interface Figures {
  readonly draws: number;
  /** Kish, as a share of the draws. */
  readonly effective_sample_size: number;
  /** The same as independent draws of the target see it, which misses no mode. */
  readonly forward_effective_sample_size: number | null;
  /** `k̂` of the tail of the weights: means of them have errors that can be trusted below 0.7. */
  readonly pareto_shape: number;
  /** `-log Z`, or the difference to the density that was started from, in kT. */
  readonly free_energy: number;
  readonly free_energy_standard_error: number;
  readonly free_energy_error: number | null;
  /** Of each observable, between weighted draws and others. */
  readonly histogram_distances: Readonly<Record<string, number>>;
}

export function figuresOf(target: BoltzmannTarget, draws: WeightedDraws, other: Comparison | null): Figures {
  const { logWeights } = draws;
  const { value, standardError } = freeEnergyPerturbation(logWeights);
  const known = target.logPartition === null ? (target.published?.value ?? null) : -target.logPartition;
  return {
    draws: logWeights.length,
    effective_sample_size: effectiveSampleSize(logWeights) / logWeights.length,
    forward_effective_sample_size: other?.logWeights ? forwardEffectiveSampleSize(other.logWeights) : null,
    pareto_shape: paretoSmoothedLogWeights(logWeights).shape,
    free_energy: value,
    free_energy_standard_error: standardError,
    free_energy_error: known === null ? null : value - known,
    histogram_distances: Object.fromEntries(
      other
        ? target.observables.map((observable) => [observable.title, histogramDistance(observable, draws, other)])
        : [],
    ),
  };
}

/** Figures as lines for people. */
export function linesOf(target: BoltzmannTarget, figures: Figures, other: Comparison | null): Record<string, string> {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const lines: Record<string, string> = {
    'effective sample size': `${percent(figures.effective_sample_size)} of ${figures.draws} draws`,
    'tail of the weights, k̂': figures.pareto_shape.toFixed(2),
    [target.weigh ? 'free energy difference' : '-log Z']: `${figures.free_energy.toFixed(3)} ± ${figures.free_energy_standard_error.toFixed(3)} kT`,
  }; // prettier-ignore
  if (figures.forward_effective_sample_size !== null) {
    lines['… as seen from exact draws'] = percent(figures.forward_effective_sample_size);
  }
  if (figures.free_energy_error !== null) {
    const beside = target.published ? `, published with ± ${target.published.standardError}` : '';
    lines['… its error'] = `${figures.free_energy_error.toFixed(3)} kT${beside}`;
  }
  for (const [title, distance] of Object.entries(figures.histogram_distances)) {
    lines[`histogram of ${title}`] = `${percent(distance)} apart from ${other!.title}`;
  }
  return lines;
}
