import { RandomStream } from '../../src/random.js';
import { ensure, type Check } from './check.js';
import { concreteFaults, type SampledClass } from './classes.js';

/** What is claimed of every subject, and who examines it. */
export type Claims<S> = readonly (readonly [claim: string, examine: (subject: S) => void | Promise<void>])[];

/**
 * Every claim about every sample of every class; each is examined on a fresh subject.
 *
 * @param open makes the subject of a sample; `stream` is for all that is drawn for it
 */
export function checksOf<T, S extends { dispose(): void }>(
  classes: readonly SampledClass<T>[],
  claims: Claims<S>,
  open: (make: () => T, Class: SampledClass<T>, stream: RandomStream) => S,
): Check[] {
  return classes.flatMap((Class) => {
    const faults = concreteFaults(Class);
    if (faults.length > 0) {
      const subject = Class.name;
      return [{ subject, name: `${subject}: can be saved and tested`, run: () => ensure(false, faults.join('; ')) }];
    }
    return Class.samples.flatMap((make, i) => {
      const subject = `${Class.className} ${i}`;
      const run = async (examine: (subject: S) => void | Promise<void>) => {
        const fresh = open(make, Class, new RandomStream(`contract ${subject}`));
        try {
          await examine(fresh);
        } finally {
          fresh.dispose();
        }
      };
      return claims.map(([claim, examine]) => ({ subject, name: `${subject}: ${claim}`, run: () => run(examine) }));
    });
  });
}
