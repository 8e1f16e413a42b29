import * as tf from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowError, FlowFileError } from '../errors.js';
import { Module, type Config, type Configurable } from '../module.js';

/** A class and the options it was built from, as plain JSON. */
export interface SerializedObject {
  readonly className: string;
  readonly config: Config;
}

/** A class that can be rebuilt by name. */
export interface ConfigurableClass {
  /** Name it is saved under. */
  readonly className: string;
  new (options: never): Configurable;
}

/** The classes that a saved model may name. */
export type Catalogue = ReadonlyMap<string, ConfigurableClass>;

/**
 * Plain JSON of a module or transform, with those inside its options nested.
 *
 * @throws FlowConfigError for a class without a `className` of its own: it could not be found again, or another class
 * would be taken for it.
 */
export function serialize(object: Configurable): SerializedObject {
  if (!object.className || !Object.hasOwn(object.constructor, 'className')) {
    throw new FlowConfigError(object.constructor.name, {
      expected: 'a static `className` of its own, to be saved under',
      got: object.className ? `"${object.className}", that of the class it extends` : 'none',
    });
  }
  return { className: object.className, config: toPlain(object.getConfig()) as Config };
}

/**
 * Rebuilds what {@link serialize} wrote. When it fails, what had been built is freed.
 *
 * @throws FlowFileError for a class that the catalogue does not know, or options that a class does not accept.
 */
export function deserialize(saved: SerializedObject, catalogue: Catalogue, where: string): Configurable {
  const built: Configurable[] = [];
  const before = new Set(Object.values(tf.engine().registeredVariables));
  try {
    return build(saved, 'model', { catalogue, where, built });
  } catch (error) {
    for (const object of built) if (object instanceof Module) object.dispose();
    // A constructor that fails may have made variables before.
    for (const variable of Object.values(tf.engine().registeredVariables)) {
      if (!before.has(variable)) variable.dispose();
    }
    if (error instanceof FlowError) throw error;
    throw new FlowFileError(where, {
      expected: 'a model that can be rebuilt',
      got: `"${String(error)}"`,
      cause: error,
    });
  }
}

interface Rebuilding {
  readonly catalogue: Catalogue;
  readonly where: string;
  /** Objects finished so far. */
  readonly built: Configurable[];
}

function build(saved: SerializedObject, path: string, rebuilding: Rebuilding): Configurable {
  const { catalogue, where, built } = rebuilding;
  const Class = catalogue.get(saved.className);
  if (!Class) {
    throw new FlowFileError(where, {
      expected: `a class of this library, or one passed in \`classes\`, at ${path}`,
      got: `"${String(saved.className)}"`,
      hint: 'If it is a class of your own, pass it in `classes`; if not, the model may come from a newer version.',
    });
  }
  const options = revive(saved.config, path, rebuilding);
  try {
    const object = new Class(options as never);
    built.push(object);
    return object;
  } catch (error) {
    throw new FlowFileError(where, {
      expected: `options that ${saved.className} accepts at ${path}`,
      got: `"${error instanceof Error ? error.message : String(error)}"`,
      hint: 'The file was edited by hand, or comes from another version.',
      cause: error,
    });
  }
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

function revive(value: unknown, path: string, rebuilding: Rebuilding): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry, i) => revive(entry, `${path}.${i}`, rebuilding));
  const { className, config, $number } = value as Record<string, unknown>;
  if (typeof $number === 'string') return Number($number);
  if (typeof className === 'string' && typeof config === 'object') {
    return build(value as SerializedObject, path, rebuilding);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, revive(entry, `${path}.${key}`, rebuilding)]),
  );
}
