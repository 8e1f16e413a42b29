import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { CIRCLE } from '../elementwise/circle.js';
import type { ElementwiseTransform } from '../elementwise/elementwise-transform.js';
import { FlowConfigError } from '../errors.js';
import { serialize } from '../io/config.js';
import { takeAlong } from '../kernels/columns/op.js';
import { sumLogDets } from '../kernels/sum-log-dets/op.js';
import { REALS, type Interval, type ValueAndLogDet } from './bijector.js';
import { applyElementwise } from './elementwise.js';

/** One scalar map for all coordinates of an event, or a list of one a coordinate. */
export type TransformOrList = ElementwiseTransform | readonly ElementwiseTransform[];

/** Coordinates that share a scalar map. */
interface Group {
  readonly transform: ElementwiseTransform;
  readonly columns: number[];
}

/**
 * The scalar map of each of some coordinates, which may be of several kinds: angles beside lengths. Coordinates of one kind are
 * mapped together. Each takes {@link width} raw parameters, the most that any of the maps has; where one has fewer, the
 * rest of its share is not looked at.
 */
export class CoordinateTransforms {
  /** Raw parameters for each coordinate. */
  readonly width: number;
  /** Which coordinates are angles. */
  readonly circular: readonly number[];
  readonly #each: readonly ElementwiseTransform[];
  readonly #groups: readonly Group[];

  /** @throws FlowConfigError for a list of another length. */
  constructor(where: string, transform: TransformOrList, dims: number) {
    const each = isList(transform) ? transform : Array.from({ length: dims }, () => transform);
    if (each.length !== dims) {
      throw new FlowConfigError(`${where}.transform`, {
        expected: `one transform, or a list of ${dims}, one a coordinate`,
        got: `a list of ${each.length}`,
      });
    }
    this.#each = each;
    this.#groups = groupsOf(each);
    this.width = Math.max(...each.map(({ parameterCount }) => parameterCount));
    this.circular = each.flatMap(({ circular }, i) => (circular ? [i] : []));
  }

  /** The maps of some of the coordinates. */
  select(coordinates: readonly number[]): CoordinateTransforms {
    const own = coordinates.map((i) => this.#each[i]);
    return new CoordinateTransforms('CoordinateTransforms', own, own.length);
  }

  get count(): number {
    return this.#each.length;
  }

  /** The circle where all coordinates are angles, else all that there is. */
  get domain(): Interval {
    return this.circular.length === this.#each.length ? CIRCLE : REALS;
  }

  /** Raw parameters with which all maps are the identity, `width` a coordinate. */
  identityParameters(): number[] {
    return this.#each.flatMap((transform) => {
      const identity = transform.identityParameters();
      return [...identity, ...Array<number>(this.width - identity.length).fill(0)];
    });
  }

  /**
   * Every coordinate by its map.
   *
   * @param x `[batch, coordinates]`
   * @param raw `[batch, coordinates · width]`, or of that size
   * @returns values, and sums of log-derivatives, `[batch]`
   */
  apply(direction: 'forward' | 'inverse', x: Tensor, raw: Tensor): ValueAndLogDet {
    const [{ transform, columns }] = this.#groups;
    if (columns.length === this.#each.length) {
      return applyElementwise(x, raw, transform, (flat, p) => transform[direction](flat, p));
    }
    const [batch, count] = x.shape;
    const table = tf.reshape(raw, [batch, count, this.width]);
    const mapped = this.#groups.map(({ transform, columns }) => {
      const shares = takeAlong(table, columns, 1);
      const own = tf.slice(shares, [0, 0, 0], [batch, columns.length, transform.parameterCount]);
      return applyElementwise(takeAlong(x, columns, 1), own, transform, (flat, p) => transform[direction](flat, p));
    });
    const places = Array<number>(count);
    this.#groups.flatMap(({ columns }) => columns).forEach((column, place) => (places[column] = place));
    const values = takeAlong(tf.concat(mapped.map(([value]) => value), 1), places, 1); // prettier-ignore
    return [values, sumLogDets(tf.stack(mapped.map(([, logDet]) => logDet), 1))]; // prettier-ignore
  }
}

function isList(transform: TransformOrList): transform is readonly ElementwiseTransform[] {
  return Array.isArray(transform);
}

function groupsOf(each: readonly ElementwiseTransform[]): Group[] {
  const groups: Group[] = [];
  each.forEach((transform, column) => {
    const known = groups.find((group) => alike(group.transform, transform));
    if (known) known.columns.push(column);
    else groups.push({ transform, columns: [column] });
  });
  return groups;
}

/** Maps with equal options are the same map: those of a model that was loaded are no longer the same objects. */
function alike(a: ElementwiseTransform, b: ElementwiseTransform): boolean {
  if (a === b) return true;
  return a.constructor === b.constructor && JSON.stringify(serialize(a)) === JSON.stringify(serialize(b));
}
