import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from './errors.js';
import { formatShape, sameShape, sizeOf, type Shape } from './shapes.js';

/** Options a class can be rebuilt from: plain JSON, except that modules and transforms may stand inside. */
export type Config = Record<string, unknown>;

/** One variable of a module tree. */
export interface Parameter {
  /** Where it lives, such as `bijector.3.conditioner.output.kernel`. */
  readonly path: string;
  /** The numbers themselves; they belong to the module. */
  readonly variable: Variable;
  /** False when the variable is a constant or a module above it is frozen. */
  readonly trainable: boolean;
}

/** What every class that can be saved by name offers; both modules and stateless transforms do. */
export interface Configurable {
  /** Name under which the class is saved; survives minification. */
  readonly className: string;
  /** The constructor's options. */
  getConfig(): Config;
}

/**
 * A node of a model: owns the variables it makes and the children given to it.
 *
 * Subclasses are built from one options object and give it back from {@link Module.getConfig}; together with the
 * parameters by path that is all a saved model consists of.
 */
export abstract class Module implements Configurable {
  /** Name under which the class is saved. Set it in every concrete subclass. */
  static readonly className: string = '';

  /** Set to false to keep an optimizer away from this module and everything below it. */
  trainable = true;

  readonly #variables = new Map<string, Variable>();
  readonly #constants = new Map<string, Tensor>();
  readonly #children = new Map<string, Module>();
  #owned = false;
  #disposed = false;

  get className(): string {
    return (this.constructor as typeof Module).className;
  }

  /** The options this module was built from, without its weights. */
  abstract getConfig(): Config;

  /** Children by name, in the order they were added. */
  get children(): ReadonlyMap<string, Module> {
    return this.#children;
  }

  /** All variables of this module and its children, depth first, with their paths. */
  get parameters(): Parameter[] {
    const own = [...this.#variables].map(([path, variable]) => ({
      path,
      variable,
      trainable: this.trainable && variable.trainable,
    }));
    const below = [...this.#children].flatMap(([name, child]) =>
      child.parameters.map((parameter) => ({
        path: `${name}.${parameter.path}`,
        variable: parameter.variable,
        trainable: this.trainable && parameter.trainable,
      })),
    );
    return [...own, ...below];
  }

  /** The variables an optimizer may change. */
  get trainableVariables(): Variable[] {
    return this.parameters.filter((parameter) => parameter.trainable).map((parameter) => parameter.variable);
  }

  /** Number of trainable scalars. */
  get parameterCount(): number {
    return this.trainableVariables.reduce((sum, variable) => sum + variable.size, 0);
  }

  /** Whether {@link dispose} was called. */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Frees the variables and constants of this module and of all modules below it. A second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const variable of this.#variables.values()) variable.dispose();
    for (const constant of this.#constants.values()) constant.dispose();
    for (const child of this.#children.values()) child.dispose();
  }

  /** {@link dispose}, at the end of a block that declares the module with `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The tree below this module, one line a node, with parameter counts. */
  toString(): string {
    const lines = [`${this.className} (${this.parameterCount.toLocaleString('en')} parameters)`];
    for (const [name, child] of this.#children) {
      lines.push(...`${name}: ${child.toString()}`.split('\n').map((line) => `  ${line}`));
    }
    return lines.join('\n');
  }

  /** Makes a variable owned by this module. Constants and running statistics pass `trainable: false`. */
  protected weight(name: string, shape: Shape, values: Float32Array | number[], { trainable = true } = {}): Variable {
    if (values.length !== sizeOf(shape)) {
      throw new FlowShapeError(`${this.className}.${name}`, {
        expected: `${sizeOf(shape)} values for shape ${formatShape(shape)}`,
        got: `${values.length}`,
      });
    }
    const data = values instanceof Float32Array ? values : Float32Array.from(values);
    const variable = tf.tidy(() => tf.variable(tf.tensor(data, [...shape], 'float32'), trainable, freshName(name)));
    this.#variables.set(name, variable);
    return variable;
  }

  /**
   * Takes over a tensor that follows from the options alone, such as a mask: freed with this module, but neither a
   * parameter nor saved.
   */
  protected constant<T extends Tensor>(name: string, tensor: T): T {
    this.#constants.get(name)?.dispose();
    this.#constants.set(name, tf.keep(tensor));
    return tensor;
  }

  /**
   * Takes a module in as a child.
   *
   * @throws FlowConfigError when it already belongs to another module: two owners would free it twice.
   */
  protected child<T extends Module>(name: string, module: T): T {
    if (module.#owned) {
      throw new FlowConfigError(`${this.className}.${name}`, {
        expected: `a ${module.className} of its own`,
        got: 'one that already belongs to another module',
        hint: 'Build a second one.',
      });
    }
    module.#owned = true;
    this.#children.set(name, module);
    return module;
  }

  /** Gives a child away, if there is one: another module may take it in; this one no longer lists, saves or frees it. */
  protected giveAway(name: string): void {
    const module = this.#children.get(name);
    if (!module) return;
    module.#owned = false;
    this.#children.delete(name);
  }
}

/** TF.js keeps one global table of variable names, so each needs a number of its own. */
let variableCount = 0;

/** A name that no variable has, not even one of a second copy of this library in the same process. */
function freshName(name: string): string {
  const { registeredVariables } = tf.engine();
  for (;;) {
    const fresh = `tfjs-flows/${variableCount++}/${name}`;
    if (!(fresh in registeredVariables)) return fresh;
  }
}

/**
 * Overwrites the variables of a module by path.
 *
 * @throws FlowShapeError when a path is missing, unknown, or of another shape; nothing is written then.
 */
export function assignParameters(
  module: Module,
  values: ReadonlyMap<string, { readonly shape: Shape; readonly values: Float32Array }>,
  where: string,
): void {
  const parameters = module.parameters;
  const known = new Set(parameters.map(({ path }) => path));
  for (const path of values.keys()) {
    if (!known.has(path)) {
      throw new FlowShapeError(where, { expected: `a parameter of ${module.className}`, got: `"${path}"` });
    }
  }
  for (const { path, variable } of parameters) {
    const value = values.get(path);
    if (!value || !sameShape(value.shape, variable.shape)) {
      throw new FlowShapeError(where, {
        expected: `"${path}" of shape ${formatShape(variable.shape)}`,
        got: value ? formatShape(value.shape) : 'nothing',
      });
    }
  }
  tf.tidy(() => {
    for (const { path, variable } of parameters) {
      variable.assign(tf.tensor(values.get(path)!.values, variable.shape, 'float32'));
    }
  });
}
