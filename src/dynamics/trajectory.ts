import type { Shape } from '../shapes.js';

/**
 * How well a simulation keeps what it should conserve: the energy, less the heat that a thermostat has brought in. In kT per
 * degree of freedom, over all copies.
 */
export interface EnergyDrift {
  /** Largest distance from the value at the start, over all frames. */
  readonly largest: number;
  /** Root mean square of it. */
  readonly rms: number;
  /** Slope of the straight line through the mean over copies, per unit of time. */
  readonly rate: number;
}

/** Frames of copies of a system, in double precision; the first frame is the start. */
export interface Trajectory {
  /** Moments that were kept. */
  readonly frames: number;
  /** `[frames, copies, ...eventShape]`: of positions and velocities, which lie in row-major order. */
  readonly shape: Shape;
  /** Time of each moment, `[frames]`. */
  readonly times: Float64Array;
  /** `[frames, copies, ...eventShape]`, flat. */
  readonly positions: Float64Array;
  /** Of the same shape. */
  readonly velocities: Float64Array;
  /** Potential energies, in kT, `[frames, copies]`. */
  readonly potential: Float64Array;
  /** Kinetic energies, likewise. */
  readonly kinetic: Float64Array;
  /** Energy that a thermostat has brought in since the start; zeros where there is none. */
  readonly heat: Float64Array;
  /** How well the total energy was kept. */
  readonly drift: EnergyDrift;
}

/** Collects frames. */
export class Recorder {
  readonly #shape: Shape;
  readonly #copies: number;
  readonly #size: number;
  readonly #times: Float64Array;
  readonly #series: Readonly<Record<'positions' | 'velocities' | 'potential' | 'kinetic' | 'heat', Float64Array>>;
  #taken = 0;

  constructor(frames: number, copies: number, eventShape: Shape) {
    this.#shape = [frames, copies, ...eventShape];
    this.#copies = copies;
    this.#size = eventShape.reduce((product, length) => product * length, copies);
    this.#times = new Float64Array(frames);
    const series = (width: number) => new Float64Array(frames * width);
    this.#series = {
      positions: series(this.#size),
      velocities: series(this.#size),
      potential: series(copies),
      kinetic: series(copies),
      heat: series(copies),
    };
  }

  add(
    time: number,
    frame: Readonly<Record<'positions' | 'velocities' | 'potential' | 'kinetic' | 'heat', ArrayLike<number>>>,
  ): void {
    const at = this.#taken++;
    const { positions, velocities, potential, kinetic, heat } = this.#series;
    this.#times[at] = time;
    positions.set(frame.positions, at * this.#size);
    velocities.set(frame.velocities, at * this.#size);
    potential.set(frame.potential, at * this.#copies);
    kinetic.set(frame.kinetic, at * this.#copies);
    heat.set(frame.heat, at * this.#copies);
  }

  finish(): Trajectory {
    const series = { frames: this.#shape[0], shape: this.#shape, times: this.#times, ...this.#series };
    return { ...series, drift: driftOf(series, this.#copies, this.#size / this.#copies) };
  }
}

function driftOf(
  { times, potential, kinetic, heat }: Pick<Trajectory, 'times' | 'potential' | 'kinetic' | 'heat'>,
  copies: number,
  freedoms: number,
): EnergyDrift {
  const conserved = potential.map((value, i) => (value + kinetic[i] - heat[i]) / freedoms);
  const moved = conserved.map((value, i) => value - conserved[i % copies]);
  const largest = moved.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const rms = Math.sqrt(moved.reduce((sum, value) => sum + value * value, 0) / moved.length);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  let [along, spread] = [0, 0];
  times.forEach((time, frame) => {
    const values = moved.subarray(frame * copies, (frame + 1) * copies);
    along += (time - mean) * (values.reduce((sum, value) => sum + value, 0) / copies);
    spread += (time - mean) ** 2;
  });
  return { largest, rms, rate: spread > 0 ? along / spread : 0 };
}
