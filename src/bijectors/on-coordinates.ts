import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { formatShape, sameShape, type Shape } from '../shapes.js';
import { Bijector, type Interval, type ValueAndLogDet } from './bijector.js';
import { LULinear } from './linear/lu-linear.js';
import { Partition } from './partition.js';
import { Whitening } from './whitening.js';

/** Options of {@link OnCoordinates}. */
export interface OnCoordinatesOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Those that are mapped, by their places, in ascending order. */
  readonly coordinates: readonly number[];
  /** On as many numbers. */
  readonly bijector: Bijector;
}

/**
 * Another bijector `f` on some coordinates of a vector: `y = (f(x_some), x_others)`, each in its place. `log |det J|` is that of
 * `f`.
 *
 * @cost forward: as its parts; inverse: as its parts
 * @domain that of the map
 * @example
 * // Takes out the correlations of lengths, beside which there are angles.
 * new OnCoordinates({ dims: 5, coordinates: [0, 1, 3], bijector: new Whitening({ dims: 3 }) });
 */
export class OnCoordinates extends Bijector {
  static override readonly className = 'OnCoordinates';
  static override readonly samples = [
    () => new OnCoordinates({ dims: 4, coordinates: [0, 2, 3], bijector: new LULinear({ dims: 3 }) }),
    () => new OnCoordinates({ dims: 3, coordinates: [0, 1], bijector: new Whitening({ dims: 2, given: { mean: [1, -2], axes: [[0.6, 0.8], [0.8, -0.6]], deviations: [3, 0.5] } }) }), // prettier-ignore
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  override readonly domainIn: Interval;
  override readonly domainOut: Interval;
  readonly #coordinates: readonly number[];
  readonly #bijector: Bijector;
  readonly #partition: Partition;

  /**
   * @throws FlowConfigError for coordinates that are not some of the event, each once and in ascending order, or a bijector that does not map as
   * many numbers to as many.
   */
  constructor({ dims, coordinates, bijector }: OnCoordinatesOptions) {
    super();
    checkInteger('OnCoordinates.dims', dims);
    checkCoordinates(coordinates, dims);
    for (const shape of [bijector.eventShapeIn, bijector.eventShapeOut]) {
      if (sameShape(shape, [coordinates.length])) continue;
      throw new FlowConfigError('OnCoordinates.bijector', {
        expected: `a map of ${formatShape([coordinates.length])}`,
        got: `${bijector.className} of ${formatShape(shape)}`,
      });
    }
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.#coordinates = coordinates;
    this.#bijector = this.child('bijector', bijector);
    this.contextShape = bijector.contextShape;
    this.domainIn = bijector.domainIn;
    this.domainOut = bijector.domainOut;
    const mask = Array.from({ length: dims }, (_, i) => coordinates.includes(i));
    this.#partition = new Partition('OnCoordinates', mask, 1, 'Use the bijector itself for all coordinates.');
  }

  override initialize(data: Tensor, context: Tensor | null = null): void {
    const own = this.#partition.takeTransformed(data);
    try {
      this.#bijector.initialize(own, context);
    } finally {
      if (own !== data) own.dispose();
    }
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const [value, logDet] = this.#bijector.forwardAndLogDet(this.#partition.takeTransformed(x), context);
    return [this.#partition.join(this.#partition.takeKept(x), value), logDet];
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    const [value, logDet] = this.#bijector.inverseAndLogDet(this.#partition.takeTransformed(y), context);
    return [this.#partition.join(this.#partition.takeKept(y), value), logDet];
  }

  override getConfig(): Config {
    return { dims: this.eventShapeIn[0], coordinates: this.#coordinates, bijector: this.#bijector };
  }
}

function checkCoordinates(coordinates: readonly number[], dims: number): void {
  const fits = (value: number, i: number) => Number.isInteger(value) && value >= 0 && value < dims && (i === 0 || value > coordinates[i - 1]); // prettier-ignore
  if (Array.isArray(coordinates) && coordinates.length > 0 && coordinates.every(fits)) return;
  throw new FlowConfigError('OnCoordinates.coordinates', {
    expected: `some of 0 to ${dims - 1}, in ascending order`,
    got: Array.isArray(coordinates) ? `[${coordinates.join(', ')}]` : String(coordinates),
  });
}
