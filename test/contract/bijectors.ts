import { Bijector } from '../../src/bijectors/bijector.js';
import type { RandomStream } from '../../src/random.js';
import { agreesWithCpu } from './bijectors/agreement.js';
import { takesBatches, refusesShapes } from './bijectors/batches.js';
import { staysFinite } from './bijectors/extremes.js';
import { matchesDifferences, reachesParameters } from './bijectors/gradients.js';
import { matchesJacobian, undoesItself } from './bijectors/identities.js';
import { integrates } from './bijectors/integral.js';
import { frees, rebuilds } from './bijectors/lifecycle.js';
import { Subject } from './bijectors/subject.js';
import { isFirstSample, type Check } from './check.js';
import { concreteSubclasses, type SampledClass } from './classes.js';
import { checksOf, type Claims } from './suite.js';

/** All exported bijector classes that can be built. */
export function bijectorClasses(): SampledClass<Bijector>[] {
  return concreteSubclasses(Bijector, ['mapForward', 'mapInverse', 'getConfig']);
}

/** Every check of the bijector contract, on every sample of every class. */
export function bijectorChecks(classes: readonly SampledClass<Bijector>[] = bijectorClasses()): Check[] {
  return checksOf(classes, CLAIMS, open);
}

/** What a backend of its own could break, on the first sample of every class: options make no other kernels. */
export function bijectorChecksBesideCpu(): Check[] {
  return checksOf(bijectorClasses(), CLAIMS_BESIDE_CPU, open).filter(({ subject }) => isFirstSample(subject));
}

function open(make: () => Bijector, Class: SampledClass<Bijector>, stream: RandomStream): Subject {
  return new Subject(make(), make, Class, stream);
}

const CLAIMS: Claims<Subject> = [
  ['inverse undoes forward and forward undoes inverse', undoesItself],
  ['log-determinants are those of the Jacobian', matchesJacobian],
  ['gradients match finite differences', matchesDifferences],
  ['every trainable parameter is reached by a gradient', reachesParameters],
  ['batches of every shape are mapped row by row', takesBatches],
  ['inputs and contexts of a wrong shape are refused', refusesShapes],
  ['its configuration and parameters rebuild it', rebuilds],
  ['no method leaves a tensor behind and dispose frees all', frees],
  ['values and gradients stay numbers at extreme inputs', staysFinite],
  ['the density integrates to one and samples follow it', integrates],
];

/** Both directions that agree with those of cpu undo each other as they do there. */
const CLAIMS_BESIDE_CPU: Claims<Subject> = [
  ['values and gradients are those of the cpu backend', agreesWithCpu],
  ['values and gradients stay numbers at extreme inputs', staysFinite],
];
