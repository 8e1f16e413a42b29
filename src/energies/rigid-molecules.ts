import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { checkBox, POSE, type Box } from '../conditioners/bodies/body-view.js';
import { isList } from '../distributions/check.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { unit } from '../numerics/unit.js';
import { rotationMatrix } from '../rotations/quaternions.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { checkDispersion, dispersionEnergy, dispersionOfPair, mixed, type DispersionCorrection } from './dispersion.js';
import { Energy, type Invariances } from './energy.js';
import { backgroundEnergy, bodySelfEnergy, COULOMB, reciprocalLimits, splittingParameter } from './ewald.js';
import { screenedCoulomb, switchedLennardJones } from './nonbonded.js';
import { pairMultiplicities, periodicSquares, wrapped } from './periodic-pairs.js';
import { harmonics, reciprocalEnergy, reciprocalWeights, type Harmonics } from './structure-factors.js';

/** A point of a rigid molecule that interacts. */
export interface RigidSite {
  /** In the frame of the molecule, in nm. */
  readonly position: readonly [number, number, number];
  /** In elementary charges. Default: 0. */
  readonly charge?: number;
  /** Range of the Lennard-Jones potential, in nm. Default: 0. */
  readonly sigma?: number;
  /** Its depth, in kJ/mol. Default: 0. */
  readonly epsilon?: number;
}

/** Options of {@link RigidMolecules}. */
export interface RigidMoleculesOptions {
  /** What one molecule is made of. */
  readonly sites: readonly RigidSite[];
  /** Number of molecules, 2 or more. */
  readonly molecules: number;
  /** Lengths of the periodic box, in nm. */
  readonly box: Box;
  /** In kelvin. Default: 300. */
  readonly temperature?: number;
  /** Largest distance at which pairs of sites are summed, in nm, at most half the box. Default: 1, or half the box less 10⁻⁵. */
  readonly cutoff?: number;
  /** Part of the cutoff from which Lennard-Jones potentials are switched off. Default: 0.9. */
  readonly switchFrom?: number;
  /** What is left of a charge at the cutoff, `δ`; the smaller, the more terms there are. Default: 10⁻⁴. */
  readonly ewaldTolerance?: number;
  /** How what is missing of the Lennard-Jones potentials beyond the cutoff is made up for. Default: `'mean-field'`. */
  readonly dispersionCorrection?: DispersionCorrection;
  /** Distance in nm below which a pair of sites goes on by its tangent in `r²`. Default: 0.05. */
  readonly core?: number;
  /** Poses of low energy, `(x, y, z, w, x, y, z)` one molecule after the other. Default: none. */
  readonly reference?: readonly number[];
}

/** `R` in kJ/mol/K. */
const GAS_CONSTANT = 0.00831446261815324;

/** The terms that the energy is a sum of, `[batch]` each. */
export interface RigidMoleculesTerms {
  /** Lennard-Jones potentials, without what lies beyond the cutoff. */
  readonly lennardJones: Tensor;
  /** Charges near each other: `Σ q q' erfc(α r)/r`. */
  readonly realSpace: Tensor;
  /** Charges in reciprocal space, those of one molecule with each other included. */
  readonly reciprocalSpace: Tensor;
}

/**
 * Equal rigid molecules in a periodic box, `u = U / kT` of `[molecules, 7]` with a row `(x, y, z)` in nm and quaternion `(w, x, y,
 * z)` for each:
 *
 * `U = Σ S(r) 4ε ((σ/r)¹² - (σ/r)⁶) + Σ q q' erfc(α r)/(4πε₀ r) + Σ_k 2π/V e^(-k²/4α²)/k² |S(k)|²/4πε₀ + const`
 *
 * over pairs of sites of different molecules, each with its nearest image, within the cutoff `r_c`. The last three terms are Ewald's
 * sum for charges in a conducting surrounding, with `α = √(-log 2δ)/r_c`. The constant takes out what is too much in them (each charge
 * with itself, and with others of the same molecule), and adds the Lennard-Jones potential beyond the cutoff as if surroundings
 * were even. Parameters of different sites are mixed by Lorentz and Berthelot.
 *
 * Positions may lie outside of the box. Quaternions are made unit vectors first: the energy has no slope along them. One of zero
 * has no direction; its molecule shrinks to a point.
 *
 * Source: Essmann et al., "A smooth particle mesh Ewald method", 1995, for the sums; no mesh is used here.
 */
export class RigidMolecules extends Energy {
  static override readonly className: string = 'RigidMolecules';
  static override readonly samples: readonly (() => Energy)[] = [() => new RigidMolecules(DUMBBELLS)];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances;
  override readonly reference: Float32Array | null;
  /** In kJ/mol. */
  readonly kT: number;
  /** Lengths of the box, in nm. */
  readonly box: Box;
  /** The part of the energy that does not depend on the configuration, in kT. */
  readonly constantEnergy: number;
  readonly #options: RigidMoleculesOptions;
  readonly #cutoff: { readonly core: number; readonly from: number; readonly to: number; readonly alpha: number };
  /** Sites with charges and with Lennard-Jones potentials, `[sites, 3]` an axis in units of the box; null for none. */
  readonly #charged: readonly Tensor[] | null;
  readonly #dispersive: readonly Tensor[] | null;
  readonly #tensors: Record<'charges' | 'weights' | 'products' | 'repulsion' | 'attraction', Tensor | null>;
  readonly #axes: readonly Harmonics[];

  /** @throws FlowConfigError for sites, a box or constants out of range, or a cutoff beyond half the box. */
  constructor(options: RigidMoleculesOptions) {
    super();
    const where = new.target.className;
    const { sites, molecules, box, temperature = 300, switchFrom = 0.9, ewaldTolerance = 1e-4, core = 0.05 } = options;
    const { dispersionCorrection = 'mean-field', reference } = options;
    checkOptions(where, options);
    const half = Math.min(...box) / 2;
    const { cutoff = Math.min(1, half - 1e-5) } = options;
    checkConstants(where, { temperature, cutoff, core }, 'positive');
    checkFractions(where, { switchFrom, ewaldTolerance });
    checkDispersion(where, dispersionCorrection);
    if (cutoff > half) {
      throw new FlowConfigError(`${where}.cutoff`, {
        expected: `at most half the shortest length of the box, ${half} nm`,
        got: String(cutoff),
        hint: 'Repeat the cell: a site must not see two images of another.',
      });
    }
    this.eventShape = [molecules, POSE];
    this.invariances = { exchangeable: [Array.from({ length: molecules }, (_, i) => i)] };
    this.reference = reference ? Float32Array.from(reference) : null;
    this.kT = GAS_CONSTANT * temperature;
    this.box = box;
    this.#options = options;

    const alpha = splittingParameter(cutoff, ewaldTolerance);
    const from = switchFrom * cutoff;
    this.#cutoff = { core, from, to: cutoff, alpha };
    const charged = sites.flatMap(({ position, charge = 0 }) => (charge === 0 ? [] : [{ position, charge }]));
    const dispersive = sites.flatMap(({ position, sigma = 0, epsilon = 0 }) =>
      sigma > 0 && epsilon > 0 ? [{ position, sigma, epsilon }] : [],
    );
    const pairs = dispersive.map((a) => dispersive.map((b) => mixed(a, b)));
    const beyond = pairs.map((row) => row.map((pair) => dispersionOfPair(pair, from, cutoff, box)));
    const net = molecules * charged.reduce((sum, { charge }) => sum + charge, 0);
    const ewald = molecules * bodySelfEnergy(charged, alpha) + backgroundEnergy(net, box, alpha);
    const dispersion = dispersionEnergy(dispersionCorrection, beyond, molecules, sites.length);
    this.constantEnergy = (ewald + dispersion) / this.kT;

    this.#charged = this.#frame('charged', charged);
    this.#dispersive = this.#frame('dispersive', dispersive);
    const limits = charged.length > 0 ? reciprocalLimits(box, alpha, ewaldTolerance) : [];
    this.#axes = limits.map((limit, axis) => {
      const { frequencies, phases } = harmonics(limit);
      return {
        frequencies: this.constant(`frequencies ${axis}`, frequencies),
        phases: this.constant(`phases ${axis}`, phases),
      };
    });
    const each = (name: string, rows: readonly (readonly number[])[]) =>
      rows.length === 0 ? null : this.constant(name, pairTable(rows, molecules));
    const charges = charged.map(({ charge }) => charge);
    const perSite = charges.flatMap((charge) => Array<number>(molecules).fill(charge));
    this.#tensors = {
      charges: charged.length > 0 ? this.constant('charges', tf.tensor1d(perSite)) : null,
      weights: charged.length > 0 ? this.constant('weights', tf.tidy(() => tf.div(reciprocalWeights(limits, box, alpha), this.kT))) : null, // prettier-ignore
      products: each('products', charges.map((a) => charges.map((b) => (COULOMB * a * b) / this.kT))), // prettier-ignore
      repulsion: each('repulsion', pairs.map((row) => row.map(({ sigma, epsilon }) => (4 * epsilon * sigma ** 12) / this.kT))), // prettier-ignore
      attraction: each('attraction', pairs.map((row) => row.map(({ sigma, epsilon }) => (4 * epsilon * sigma ** 6) / this.kT))), // prettier-ignore
    };
  }

  /**
   * The sums that the energy is made of beside {@link RigidMolecules.constantEnergy}, in kT.
   *
   * @param x `[batch, molecules, 7]`
   */
  terms(x: Tensor): RigidMoleculesTerms {
    return tf.tidy(() => {
      const [batch, molecules] = x.shape as [number, number, number];
      const { core, from, to, alpha } = this.#cutoff;
      const { charges, weights, products, repulsion, attraction } = this.#tensors;
      const bodies = posesOf(x, this.box);
      const sites = (frame: readonly Tensor[]) =>
        frame.map((offsets, axis) => {
          const turned = tf.matMul(offsets, bodies[axis].rows);
          return tf.reshape(tf.add(turned, bodies[axis].position), [offsets.shape[0], batch, molecules]);
        });
      // One axis after the other: the gradient of a sum over both at once is too many pieces for a program.
      const total = (pairs: Tensor) =>
        tf.sum(tf.reshape(tf.sum(tf.reshape(pairs, [-1, batch * molecules]), 0), [batch, molecules]), 1);
      const none = () => tf.zeros([batch]);
      const near = (own: readonly Tensor[]) => periodicSquares(own, own, this.box);
      const charged = this.#charged && sites(this.#charged);
      const dispersive = this.#dispersive && sites(this.#dispersive);
      return {
        lennardJones: dispersive
          ? total(switchedLennardJones(near(dispersive), repulsion!, attraction!, { core, from, to }))
          : none(),
        realSpace: charged ? total(screenedCoulomb(near(charged), products!, { core, to, alpha })) : none(),
        reciprocalSpace: charged ? reciprocalEnergy(charged, charges!, this.#axes, weights!) : none(),
      };
    });
  }

  protected override evaluate(x: Tensor): Tensor {
    const { lennardJones, realSpace, reciprocalSpace } = this.terms(x);
    return tf.add(tf.add(lennardJones, this.constantEnergy), tf.add(realSpace, reciprocalSpace));
  }

  override getConfig(): Config {
    return { ...this.#options };
  }

  #frame(name: string, sites: readonly RigidSite[]): readonly Tensor[] | null {
    if (sites.length === 0) return null;
    return this.box.map((length, axis) => {
      const rows = sites.map(({ position }) => position.map((value) => value / length));
      return this.constant(`${name} ${axis}`, tf.tensor2d(rows));
    });
  }
}

/** Of every axis, positions in units of the box, `[1, batch · bodies]`, and the row of rotation matrices, `[3, batch · bodies]`. */
function posesOf(x: Tensor, box: Box): readonly { readonly position: Tensor; readonly rows: Tensor }[] {
  const [batch, bodies] = x.shape as [number, number, number];
  const places = tf.reshape(tf.transpose(tf.slice(x, [0, 0, 0], [-1, -1, 3]), [2, 0, 1]), [3, batch * bodies]);
  const matrices = rotationMatrix(unit(tf.slice(x, [0, 0, 3], [-1, -1, 4])));
  const entries = tf.reshape(tf.transpose(matrices, [2, 0, 1]), [9, batch * bodies]);
  return box.map((length, axis) => ({
    position: wrapped(tf.div(tf.slice(places, [axis, 0], [1, -1]), length)),
    rows: tf.slice(entries, [3 * axis, 0], [3, -1]),
  }));
}

/** A number for every pair of sites, times how often it meets, as {@link periodicSquares} has them: `[sites, ⌊n/2⌋ · sites, 1]`. */
function pairTable(rows: readonly (readonly number[])[], molecules: number): Tensor {
  const times = pairMultiplicities(molecules, rows.length);
  return tf.tensor3d(rows.map((row) => times.map((factor, k) => [factor * row[k % row.length]])));
}

function checkOptions(where: string, { sites, molecules, box, reference }: RigidMoleculesOptions): void {
  checkInteger(`${where}.molecules`, molecules, 2);
  checkBox(where, isList(box) ? (box as Box) : []);
  if (!isList(sites) || sites.length === 0) {
    throw new FlowConfigError(`${where}.sites`, { expected: 'one site or more', got: isList(sites) ? 'none' : typeof sites }); // prettier-ignore
  }
  sites.forEach(({ position, charge = 0, sigma = 0, epsilon = 0 }, i) => {
    const [x, y, z] = position;
    checkConstants(`${where}.sites[${i}]`, { x, y, z, charge });
    checkConstants(`${where}.sites[${i}]`, { sigma, epsilon }, 'not negative');
  });
  if (reference && (reference.length !== molecules * POSE || !reference.every(Number.isFinite))) {
    const got = reference.length === molecules * POSE ? 'others' : String(reference.length);
    throw new FlowConfigError(`${where}.reference`, { expected: `${molecules * POSE} finite numbers`, got });
  }
}

function checkFractions(where: string, fractions: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(fractions)) {
    if (value > 0 && value < (name === 'ewaldTolerance' ? 0.5 : 1)) continue;
    throw new FlowConfigError(`${where}.${name}`, {
      expected: `a number between 0 and ${name === 'ewaldTolerance' ? '1/2' : '1'}`,
      got: String(value),
    });
  }
}

/** Two kinds of sites in three molecules, for tests. */
const DUMBBELLS: RigidMoleculesOptions = {
  sites: [
    { position: [0.04, 0, 0], charge: 0.5, sigma: 0.2, epsilon: 0.4 },
    { position: [-0.03, 0.02, 0], charge: -0.5, sigma: 0.25, epsilon: 0.6 },
  ],
  molecules: 3,
  box: [0.8, 0.9, 1],
  ewaldTolerance: 1e-2,
  reference: [0.1, 0.2, 0.3, 0.5, 0.5, -0.5, 0.5, 0.4, 0.3, 0.5, 0.8, 0, 0.6, 0, 0.7, 0.6, 0.9, 0, 0, 0.6, -0.8],
};
