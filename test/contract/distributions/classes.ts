import * as namespace from '../../../src/distributions/index.js';
import { Distribution } from '../../../src/index.js';
import type { Catalogue } from '../../../src/io/config.js';

/** A class that the suite tests. */
export interface DistributionClass {
  readonly className: string;
  readonly samples: readonly (() => Distribution)[];
  new (options: never): Distribution;
}

const exported: readonly DistributionClass[] = Object.values(namespace as Record<string, unknown>).filter(
  (value): value is DistributionClass => typeof value === 'function' && value.prototype instanceof Distribution,
);

/** Every concrete distribution that the library exports. A class without a name is a base for others. */
export const distributionClasses = exported.filter(({ className }) => className !== '');

/** Bases that nothing extends, and classes with no samples of their own: both must be empty. */
export const untestedClasses = exported
  .filter((Class) =>
    Class.className === ''
      ? !exported.some((other) => other.prototype instanceof Class)
      : !Object.hasOwn(Class, 'samples') || Class.samples.length === 0,
  )
  .map(({ name }) => name);

/** The classes by the names that they are saved under. */
export const catalogue: Catalogue = new Map(distributionClasses.map((Class) => [Class.className, Class]));
