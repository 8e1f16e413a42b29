import * as tf from '@tensorflow/tfjs-core';
import { RandomStream, type Distribution } from '../../src/index.js';
import { perturb } from '../support/perturb.js';
import { rowsAreIndependent, shapesFollowTheBatch } from './distributions/batches.js';
import { distributionClasses, type DistributionClass } from './distributions/classes.js';
import { drawsFollowTheDensity, drawsRepeat, temperature } from './distributions/draws.js';
import { densityIsNeverNaN } from './distributions/extremes.js';
import { densityGradients, sampleGradients } from './distributions/gradients.js';
import { leavesNoTensors, rebuilds, refusesBadArguments } from './distributions/lifecycle.js';
import type { Subject } from './distributions/subject.js';
import type { Check } from './expect.js';

/** All properties of all samples of the classes given. */
export function distributionChecks(classes: readonly DistributionClass[] = distributionClasses): Check[] {
  return classes.flatMap((Class) =>
    Class.samples.flatMap((make, i) =>
      Object.entries(PROPERTIES).map(([property, verify]) => ({
        name: `${Class.className} ${i}: ${property}`,
        run: () => withSubject(make, verify),
      })),
    ),
  );
}

const PROPERTIES: Record<string, (subject: Subject) => void | Promise<void>> = {
  'shapes follow the batch': shapesFollowTheBatch,
  'rows do not see each other': rowsAreIndependent,
  'options and parameters rebuild it': rebuilds,
  'draws repeat with the seed': drawsRepeat,
  'density integrates to one and draws follow it': drawsFollowTheDensity,
  'density gradients match central differences': densityGradients,
  'gradients flow through rsample alone': sampleGradients,
  'density is never NaN': densityIsNeverNaN,
  'temperature scales draws or is refused': temperature,
  'no tensor is left behind': leavesNoTensors,
  'bad arguments are refused': refusesBadArguments,
};

async function withSubject(
  make: () => Distribution,
  verify: (subject: Subject) => void | Promise<void>,
): Promise<void> {
  const rebuild = () => {
    const distribution = make();
    perturb(distribution, 'contract');
    return distribution;
  };
  const distribution = rebuild();
  const { contextShape } = distribution;
  // Positive, as temperatures are.
  const context = contextShape && tf.tidy(() => tf.exp(new RandomStream('context').normalTensor(contextShape)));
  try {
    await verify({ distribution, context, rebuild });
  } finally {
    distribution.dispose();
    context?.dispose();
  }
}
