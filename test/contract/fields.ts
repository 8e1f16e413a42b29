import { VectorField } from '../../src/fields/vector-field.js';
import type { RandomStream } from '../../src/random.js';
import { isFirstSample, type Check } from './check.js';
import { concreteSubclasses, type SampledClass } from './classes.js';
import { agreesWithCpu } from './fields/agreement.js';
import { refusesShapes, takesBatches, takesTimes } from './fields/batches.js';
import { staysFinite } from './fields/extremes.js';
import { matchesDifferences, reachesParameters } from './fields/gradients.js';
import { frees, rebuilds } from './fields/lifecycle.js';
import { matchesJacobian, matchesRates } from './fields/rates.js';
import { Subject } from './fields/subject.js';
import { checksOf, type Claims } from './suite.js';

/** All exported vector fields that can be built. */
export function fieldClasses(): SampledClass<VectorField>[] {
  return concreteSubclasses(VectorField, ['velocity', 'getConfig']);
}

/** Every check of the contract of vector fields, on every sample of every class. */
export function fieldChecks(classes: readonly SampledClass<VectorField>[] = fieldClasses()): Check[] {
  return checksOf(classes, CLAIMS, open);
}

/** What a backend of its own could break, on the first sample of every class: options make no other kernels. */
export function fieldChecksBesideCpu(): Check[] {
  return checksOf(fieldClasses(), CLAIMS_BESIDE_CPU, open).filter(({ subject }) => isFirstSample(subject));
}

function open(make: () => VectorField, Class: SampledClass<VectorField>, stream: RandomStream): Subject {
  return new Subject(make(), make, Class, stream);
}

const CLAIMS: Claims<Subject> = [
  ['products are those of the Jacobian', matchesJacobian],
  ['rates are those of the velocity and the Jacobian', matchesRates],
  ['gradients of velocity and rates match finite differences', matchesDifferences],
  ['every trainable parameter is reached by a gradient', reachesParameters],
  ['batches of every shape are mapped row by row', takesBatches],
  ['one time for all rows is the same as that time in every row', takesTimes],
  ['times, points, contexts and directions of a wrong shape are refused', refusesShapes],
  ['its configuration and parameters rebuild it', rebuilds],
  ['no method leaves a tensor behind and dispose frees all', frees],
  ['values and gradients stay numbers at extreme inputs', staysFinite],
];

const CLAIMS_BESIDE_CPU: Claims<Subject> = [
  ['values and gradients are those of the cpu backend', agreesWithCpu],
  ['values and gradients stay numbers at extreme inputs', staysFinite],
];
