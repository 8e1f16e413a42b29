import * as bijectors from '../bijectors/index.js';
import * as conditioners from '../conditioners/index.js';
import * as distributions from '../distributions/index.js';
import * as elementwise from '../elementwise/index.js';
import { FlowConfigError } from '../errors.js';
import * as fields from '../fields/index.js';
import { DequantizedFlow } from '../flows/dequantized-flow.js';
import { Flow } from '../flows/flow.js';
import { SymmetricFlow } from '../flows/symmetric-flow.js';
import * as spheres from '../spheres/index.js';
import type { Catalogue, ConfigurableClass } from './config.js';

/**
 * All classes of this library that a saved model may name: whatever its folders export that has a `className` of its
 * own. A new class is in it as soon as its file is exported.
 */
export function libraryCatalogue(): Catalogue {
  return (catalogue ??= catalogueOf([
    bijectors,
    conditioners,
    distributions,
    elementwise,
    fields,
    spheres,
    { DequantizedFlow, Flow, SymmetricFlow },
  ]));
}

let catalogue: Catalogue | null = null;

/**
 * The classes among what some modules of code export.
 *
 * @throws FlowConfigError when two classes have one name.
 */
export function catalogueOf(namespaces: readonly object[]): Catalogue {
  const classes = new Map<string, ConfigurableClass>();
  for (const exported of namespaces.flatMap((namespace) => Object.values(namespace) as unknown[])) {
    if (!isConcreteClass(exported)) continue;
    const { className } = exported;
    if (classes.has(className) && classes.get(className) !== exported) {
      throw new FlowConfigError('catalogueOf', { expected: 'one class a name', got: `two called "${className}"` });
    }
    classes.set(className, exported);
  }
  return classes;
}

/** Abstract classes have no `className`, or only the one they inherit. */
function isConcreteClass(value: unknown): value is ConfigurableClass {
  return (
    typeof value === 'function' &&
    Object.hasOwn(value, 'className') &&
    typeof (value as Partial<ConfigurableClass>).className === 'string' &&
    (value as Partial<ConfigurableClass>).className !== ''
  );
}
