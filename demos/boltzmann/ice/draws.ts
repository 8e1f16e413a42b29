import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { IceXI, RigidBodyHmc, sampleChains } from 'tfjs-flows';

/** Chains side by side. */
export const CHAINS = 32;
export const LEAPFROG_STEPS = 12;

/** Draws at one temperature. */
export interface IceDraws {
  readonly temperature: number;
  /** `[draws · chains, 16, 7]` */
  readonly samples: Tensor;
  /** `[draws][chains]` in kJ/mol. */
  readonly energies: readonly Float64Array[];
  readonly acceptance: number;
  readonly stepSize: number;
}

/** Options of {@link drawIce}. */
export interface IceRun {
  readonly temperature: number;
  /** Where chains start, `[chains, 16, 7]`; the crystal without. */
  readonly start?: Tensor;
  readonly draws: number;
  readonly warmup: number;
  /** Trajectories from one draw to the next. */
  readonly thin: number;
  readonly seed: string;
}

/** Draws ice XI of 16 molecules by Hamiltonian Monte Carlo, in 32 chains. */
export async function drawIce({ temperature, start, draws, warmup, thin, seed }: IceRun): Promise<IceDraws> {
  using ice = new IceXI({ temperature });
  const crystal = tf.tidy(() => tf.tile(tf.reshape(tf.tensor1d(ice.reference!), [1, ...ice.eventShape]), [CHAINS, 1, 1])); // prettier-ignore
  const sampler = new RigidBodyHmc({ leapfrogSteps: LEAPFROG_STEPS, stepSize: 0.05 });
  const run = await sampleChains(ice, { sampler, start: start ?? crystal, draws, warmup, thin, seed });
  crystal.dispose();
  const samples = tf.tidy(() => tf.reshape(run.samples, [draws * CHAINS, ...ice.eventShape]));
  run.samples.dispose();
  return {
    temperature,
    samples,
    energies: Array.from({ length: draws }, (_, i) =>
      run.energies.slice(i * CHAINS, (i + 1) * CHAINS).map((u) => u * ice.kT),
    ),
    acceptance: run.acceptance.reduce((sum, value) => sum + value, 0) / CHAINS,
    stepSize: run.stepSize,
  };
}

/** Draws with the first molecule of each moved to where it is in the crystal, which the energy does not notice. */
export async function drawPinnedIce(run: IceRun): Promise<Tensor> {
  const { samples } = await drawIce(run);
  return tf.tidy(() => {
    using ice = new IceXI();
    const site = tf.reshape(tf.tensor1d(ice.reference!.slice(0, 3)), [1, 1, 3]);
    const [places, rotations] = tf.split(samples, [3, 4], 2);
    samples.dispose();
    return tf.concat([tf.add(tf.sub(places, tf.slice(places, [0, 0, 0], [-1, 1, 3])), site), rotations], 2);
  });
}
