import { FlowFileError } from '../errors.js';
import type { Config, Configurable } from '../module.js';

/** A class and the options it was built from, as plain JSON. */
export interface SerializedObject {
  readonly className: string;
  readonly config: Config;
}

/** A class that can be rebuilt by name. */
export interface ConfigurableClass {
  readonly className: string;
  new (options: never): Configurable;
}

/** The classes that a saved model may name. */
export type Catalogue = ReadonlyMap<string, ConfigurableClass>;

/** Plain JSON of a module or transform, with those inside its options nested. */
export function serialize(object: Configurable): SerializedObject {
  return { className: object.className, config: toPlain(object.getConfig()) as Config };
}

/**
 * Rebuilds what {@link serialize} wrote.
 *
 * @throws FlowFileError for a class that the catalogue does not know.
 */
export function deserialize(saved: SerializedObject, catalogue: Catalogue, where: string): Configurable {
  const Class = catalogue.get(saved.className);
  if (!Class) {
    throw new FlowFileError(where, {
      expected: 'a class of this library, or one passed in `classes`',
      got: `"${String(saved.className)}"`,
      hint: 'If it is a class of your own, pass it in `classes`; if not, the model may come from a newer version.',
    });
  }
  return new Class(revive(saved.config, catalogue, where) as never);
}

function isConfigurable(value: object): value is Configurable {
  return typeof (value as Partial<Configurable>).getConfig === 'function';
}

function toPlain(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (isConfigurable(value)) return serialize(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array, toPlain);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .map(([key, entry]) => [key, toPlain(entry)]),
  );
}

function revive(value: unknown, catalogue: Catalogue, where: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => revive(entry, catalogue, where));
  const { className, config, $number } = value as Record<string, unknown>;
  if (typeof $number === 'string') return Number($number);
  if (typeof className === 'string' && typeof config === 'object') {
    return deserialize(value as SerializedObject, catalogue, where);
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, revive(entry, catalogue, where)]));
}
