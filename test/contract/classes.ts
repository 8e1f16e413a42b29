import * as library from '../../src/index.js';
import { libraryCatalogue } from '../../src/io/catalogue.js';
import type { Catalogue, ConfigurableClass } from '../../src/io/config.js';

/** A class that offers instances of itself to the suites. */
export interface SampledClass<T> extends ConfigurableClass {
  readonly name: string;
  readonly samples: readonly (() => T)[];
}

/** Every class that the package exports and that has a name to be saved under, or inherits one. */
const exported: readonly [string, ConfigurableClass][] = Object.entries<unknown>({ ...library }).filter(
  (entry): entry is [string, ConfigurableClass] => typeof entry[1] === 'function' && 'className' in entry[1],
);

/**
 * The concrete subclasses of `base` among the exports, without anyone listing them.
 *
 * A class counts as abstract when it has no name of its own and either leaves one of `methods` unwritten or is
 * extended by another export; {@link concreteFaults} says what the others owe.
 */
export function concreteSubclasses<T extends object>(
  base: abstract new (...args: never[]) => T,
  methods: readonly string[],
): SampledClass<T>[] {
  const family = exported.map(([, Class]) => Class).filter((Class) => prototypeOf(Class) instanceof base);
  const isConcrete = (Class: ConfigurableClass) =>
    ownName(Class) !== '' ||
    (methods.every((method) => typeof prototypeOf(Class)[method] === 'function') &&
      !family.some((other) => Object.prototype.isPrototypeOf.call(prototypeOf(Class), prototypeOf(other))));
  return family.filter(isConcrete) as SampledClass<T>[];
}

/** What a concrete class lacks to be saved by name and tested; empty when nothing. */
export function concreteFaults(Class: SampledClass<unknown>): string[] {
  const faults = [];
  if (ownName(Class) === '') faults.push('it has no `className` of its own');
  if (!Object.hasOwn(Class, 'samples') || Class.samples.length === 0) faults.push('it has no `samples` of its own');
  const known = exported.find(([, other]) => other === Class)?.[0];
  if (known !== undefined && known !== ownName(Class)) faults.push(`it is exported as ${known}`);
  return faults;
}

/** Everything a saved model may name, and `Class`. */
export function catalogueWith(Class: ConfigurableClass): Catalogue {
  return new Map([...libraryCatalogue(), [Class.className, Class]]);
}

function ownName(Class: ConfigurableClass): string {
  return Object.hasOwn(Class, 'className') ? Class.className : '';
}

function prototypeOf(Class: ConfigurableClass): Record<string, unknown> {
  return (Class as unknown as { readonly prototype: Record<string, unknown> }).prototype;
}
