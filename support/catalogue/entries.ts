import * as tf from '@tensorflow/tfjs-core';
import * as library from '../../src/index.js';
import {
  Bijector,
  ElementwiseTransform,
  FlowError,
  RandomStream,
  SphereMap,
  SphereTransform,
  type Configurable,
  type Flow,
  type Interval,
} from '../../src/index.js';
import { libraryCatalogue } from '../../src/io/catalogue.js';
import { sizeOf, type Shape } from '../../src/shapes.js';
import { kernelsOf } from './kernels.js';

/** What the page says of a class or a recipe that its doc comment does not. */
export interface Entry {
  readonly name: string;
  /** Where it is used, unless the doc comment says better. */
  readonly domain: string;
  /** Whether it takes contexts by itself; null for what is given parameters by something else. */
  readonly context: boolean | null;
  readonly kernels: readonly string[];
  /** Classes that a recipe puts together, from base to data; none for a class. */
  readonly parts: readonly string[];
}

/** An entry and one to compute it with. */
interface Sampled<T> {
  readonly samples: readonly (() => T)[];
}

const ROWS = 1;

/** Every bijector that a saved model may name. */
export function bijectorEntries(): Entry[] {
  return classesBelow(Bijector).map(([name, { samples }]) => {
    const made = samples.map((sample) => sample());
    const context = made.some(({ contextShape }) => contextShape !== null);
    const entry = { name, domain: domainOf(made[0]), context, kernels: kernelsOf(() => bothWays(made[0])), parts: [] };
    for (const bijector of made) bijector.dispose();
    return entry;
  });
}

/** Every scalar map of coupling and autoregressive layers. */
export function scalarMapEntries(): Entry[] {
  return classesBelow(ElementwiseTransform).map(([name, { samples }]) => {
    const transform = samples[0]();
    const { domainIn, domainOut, circular } = transform;
    const kernels = kernelsOf(() => {
      const raw = tf.tensor2d([transform.identityParameters()]);
      const x = tf.tensor1d(inside(domainIn, 1));
      return transform.inverse(transform.forward(x, raw).value, raw);
    });
    return { name, domain: circular ? 'the circle' : fromTo(domainIn, domainOut), context: null, kernels, parts: [] };
  });
}

/** Every map of points of a sphere. */
export function sphereMapEntries(): Entry[] {
  return classesBelow(SphereTransform).map(([name]) => {
    const maps = SphereMap.samples.map((sample) => sample());
    const kernels = maps
      .filter((map) => (map.getConfig().transform as SphereTransform).className === name)
      .flatMap((map) => kernelsOf(() => bothWays(map)));
    for (const map of maps) map.dispose();
    return { name, domain: 'the unit sphere', context: null, kernels: [...new Set(kernels)], parts: [] };
  });
}

/** Recipes: functions that build a flow from sizes. */
export function recipeEntries(names: readonly string[]): Entry[] {
  return names.map((name) => {
    const flow = built(name, exported[name] as Recipe);
    const { bijector, eventShape, support } = flow;
    const domain = `${kindOf(eventShape)}${formatInterval(support)}`;
    const kernels = kernelsOf(() => bothWays(bijector));
    const parts = [...new Set(classNamesIn(flow.getConfig()))];
    const entry = { name, domain, context: flow.contextShape !== null, kernels, parts };
    flow.dispose();
    return entry;
  });
}

/** Whether the library has something of this name for its users. */
export function isExported(name: string): boolean {
  return name in exported;
}

type Recipe = (options: object) => Flow;

const exported = library as unknown as Readonly<Record<string, unknown>>;

/** Sizes that one kind of recipe or another takes. */
const SIZES: readonly object[] = [
  { dims: 2, layers: 1, contextShape: [1] },
  { eventShape: [2], contextShape: [1] },
  { eventShape: [8, 8, 1], preset: 'small', levels: 1, steps: 1, contextShape: [1] },
  { shape: [4, 4], layers: 1 },
  { bodies: 2, box: [1, 1, 1], preset: 'small', contextShape: [1] },
  { zMatrix: [[0], [1, 0], [2, 1, 0], [3, 2, 1, 0]], reference: [0, 0, 0, 0.15, 0, 0, 0.2, 0.14, 0, 0.35, 0.15, 0.05], layers: 1, contextShape: [1] },
]; // prettier-ignore

function built(name: string, recipe: Recipe): Flow {
  for (const sizes of SIZES) {
    try {
      return recipe(sizes);
    } catch (error) {
      if (!(error instanceof FlowError) && !(error instanceof TypeError)) throw error;
    }
  }
  throw new Error(`${name} takes none of the sizes that recipes take.`);
}

/** Names of the classes that options hold, and of those in their options. */
function classNamesIn(options: unknown): string[] {
  if (typeof options !== 'object' || options === null) return [];
  const { className, getConfig } = options as Partial<Configurable>;
  if (className === undefined || getConfig === undefined) return Object.values(options).flatMap(classNamesIn);
  return [className, ...classNamesIn(getConfig.call(options))].filter((name) => name !== 'Chain' && name !== 'Invert');
}

function classesBelow<T extends object>(base: abstract new (...args: never[]) => T): [string, Sampled<T>][] {
  return [...libraryCatalogue()]
    .filter(([, Class]) => (Class as unknown as { prototype: object }).prototype instanceof base)
    .map(([name, Class]) => [name, Class as unknown as Sampled<T>]);
}

/** Runs a bijector from base to data and back. */
function bothWays(bijector: Bijector): void {
  const { eventShapeIn, contextShape, domainIn } = bijector;
  const x = tf.tensor(inside(domainIn, ROWS * sizeOf(eventShapeIn)), [ROWS, ...eventShapeIn]);
  const context = contextShape && tf.zeros([...contextShape]);
  const [y] = bijector.forwardAndLogDet(x, context);
  bijector.inverseAndLogDet(y, context);
}

/** Numbers inside of an interval. */
function inside([low, high]: Interval, count: number): Float32Array {
  const stream = new RandomStream('catalogue');
  if (low > -Infinity && high < Infinity) return stream.uniform(count, low, high);
  return stream.normal(count).map((z) => (low > -Infinity ? low + Math.exp(z) : high < Infinity ? high - Math.exp(z) : z)); // prettier-ignore
}

function domainOf({ domainIn, domainOut, eventShapeOut, unitVectorsIn }: Bijector): string {
  return unitVectorsIn ? 'unit vectors' : `${kindOf(eventShapeOut)}${fromTo(domainIn, domainOut)}`;
}

function kindOf(eventShape: Shape): string {
  return eventShape.length === 3 ? 'images, ' : eventShape.length === 2 ? 'tokens, ' : '';
}

function fromTo(from: Interval, to: Interval): string {
  const names = [formatInterval(from), formatInterval(to)];
  return names[0] === names[1] ? names[0] : names.join(' → ');
}

function formatInterval([low, high]: Interval): string {
  if (low === -Infinity && high === Infinity) return 'ℝ';
  return `(${[low, high].map((end) => (Number.isFinite(end) ? Number(end.toPrecision(3)) : end < 0 ? '-∞' : '∞')).join(', ')})`;
}
