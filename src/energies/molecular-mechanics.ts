import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { angleBetween, lengths, type Vectors } from '../numerics/vectors3.js';
import { isList } from '../distributions/check.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { pairsByBonds } from './bond-graph.js';
import { checkConstants } from './checks.js';
import { Energy, type Invariances } from './energy.js';
import { incidence, softCore, type Pair } from './pairs.js';
import { sumTorsionSeries, torsionSeries, type TorsionTerm } from './torsion-series.js';

export type { TorsionTerm } from './torsion-series.js';

/** One atom. */
export interface Atom {
  /** As in a PDB file; for reports alone. */
  readonly name: string;
  /** In Da. */
  readonly mass: number;
  /** In elementary charges. */
  readonly charge: number;
  /** Range of the Lennard-Jones potential, in nm. */
  readonly sigma: number;
  /** Its depth, in kJ/mol. */
  readonly epsilon: number;
}

/** Two atoms, length in nm and constant in kJ/mol/nm²: `½ k (r - r₀)²`. */
export type BondTerm = readonly [i: number, j: number, length: number, constant: number];
/** Three atoms, the second in the middle, angle in radians and constant in kJ/mol/rad²: `½ k (θ - θ₀)²`. */
export type AngleTerm = readonly [i: number, j: number, k: number, angle: number, constant: number];

/** Options of {@link MolecularMechanics}. */
export interface MolecularMechanicsOptions {
  /** All atoms, in the order of the positions. */
  readonly atoms: readonly Atom[];
  /** Covalent bonds; they also decide which pairs are nonbonded. */
  readonly bonds: readonly BondTerm[];
  /** Angles between bonds. Default: none. */
  readonly angles?: readonly AngleTerm[];
  /** Proper and improper ones; constants in kJ/mol. */
  readonly torsions?: readonly TorsionTerm[];
  /** In kelvin. Default: 300. */
  readonly temperature?: number;
  /** Factor of the Lennard-Jones potential of atoms three bonds apart. Default: 1/2. */
  readonly lennardJones14?: number;
  /** Factor of their Coulomb potential. Default: 1/1.2. */
  readonly coulomb14?: number;
  /** Distance in nm below which a pair goes on by its tangent in `r²`. Default: 0.02. */
  readonly core?: number;
  /** A configuration of low energy, coordinates in nm atom by atom. Default: none. */
  readonly reference?: readonly number[];
}

/** `R` in kJ/mol/K. */
const GAS_CONSTANT = 0.00831446261815324;
/** `1 / 4πε₀` in kJ nm/mol/e². */
const COULOMB = 138.935456;

/** The terms of which a force field is a sum, `[batch]` each. */
export interface MolecularTerms {
  /** `Σ ½ k (r - r₀)²` */
  readonly bonds: Tensor;
  /** `Σ ½ k (θ - θ₀)²` */
  readonly angles: Tensor;
  /** `Σ k (1 + cos(n φ - δ))`, improper ones included. */
  readonly torsions: Tensor;
  /** Lennard-Jones and Coulomb terms together. */
  readonly nonbonded: Tensor;
}

/**
 * A molecule in vacuum by a force field of the AMBER form, `u = U / kT` on positions in nm, `[atoms, 3]`:
 *
 * `U = Σ ½ k (r - r₀)² + Σ ½ k (θ - θ₀)² + Σ k (1 + cos(n φ - δ)) + Σ 4ε ((σ/r)¹² - (σ/r)⁶) + Σ q q' / (4πε₀ r)`.
 *
 * The last two go over all pairs of atoms more than two bonds apart, with mixed parameters `σ = (σ + σ')/2`, `ε = √(ε ε')`;
 * those three bonds apart are scaled. There is no cutoff.
 *
 * Positions of one molecule are good to about 10⁻⁸ nm in float32, energies to 10⁻⁴ kT. Put the molecule near the origin.
 */
export class MolecularMechanics extends Energy {
  static override readonly className: string = 'MolecularMechanics';
  static override readonly samples: readonly (() => Energy)[] = [() => new MolecularMechanics(PEROXIDE)];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances = { translations: true, rotations: true };
  override readonly reference: Float32Array | null;
  /** In kJ/mol. */
  readonly kT: number;
  /** Masses of the atoms, in Da. */
  readonly masses: readonly number[];
  /** Atoms, terms and constants. */
  readonly topology: MolecularMechanicsOptions;
  readonly #core: number;
  readonly #counts: {
    readonly bonds: number;
    readonly angles: number;
    readonly torsions: number;
    readonly pairs: number;
  };
  readonly #differences: Tensor;
  readonly #rows = new Map<string, Tensor>();
  readonly #cosines: readonly (Tensor | null)[];
  readonly #sines: readonly (Tensor | null)[];
  readonly #torsionOffset: number;

  /** @throws FlowConfigError for terms of atoms that are not there, or constants that are out of range. */
  constructor(options: MolecularMechanicsOptions) {
    super();
    const where = new.target.className;
    const { atoms, bonds, angles = [], torsions = [], temperature = 300, core = 0.02, reference } = options;
    const { lennardJones14 = 0.5, coulomb14 = 1 / 1.2 } = options;
    checkTopology(where, options);
    checkConstants(where, { temperature, core }, 'positive');
    checkConstants(where, { lennardJones14, coulomb14 }, 'not negative');
    this.eventShape = [atoms.length, 3];
    this.reference = reference ? Float32Array.from(reference) : null;
    this.kT = GAS_CONSTANT * temperature;
    this.masses = atoms.map(({ mass }) => mass);
    this.topology = options;
    this.#core = core;
    const { fourth, far } = pairsByBonds(
      atoms.length,
      bonds.map(([i, j]): Pair => [i, j]),
    );
    const pairs = [...fourth, ...far];
    const series = torsionSeries(torsions);
    const along = (from: number, to: number) => series.atoms.map((four): Pair => [four[to], four[from]]);
    const differences = [
      ...bonds.map(([i, j]): Pair => [i, j]),
      ...angles.map(([i, j]): Pair => [i, j]),
      ...angles.map(([, j, k]): Pair => [k, j]),
      ...along(0, 1),
      ...along(1, 2),
      ...along(2, 3),
      ...pairs,
    ];
    this.#counts = { bonds: bonds.length, angles: angles.length, torsions: series.atoms.length, pairs: pairs.length };
    this.#differences = this.constant('differences', incidence(atoms.length, differences));
    const scaled = (k: number, factor: number) => (k < fourth.length ? factor : 1);
    const mixed = pairs.map(([i, j], k) => {
      const [a, b] = [atoms[i], atoms[j]];
      const depth = 4 * Math.sqrt(a.epsilon * b.epsilon) * scaled(k, lennardJones14);
      const sixth = ((a.sigma + b.sigma) / 2) ** 6;
      return { repulsion: depth * sixth ** 2, attraction: depth * sixth, charges: COULOMB * a.charge * b.charge * scaled(k, coulomb14) }; // prettier-ignore
    });
    this.#row('length', bonds.map(([, , length]) => length)); // prettier-ignore
    this.#row('stiffness', bonds.map(([, , , k]) => k / 2 / this.kT)); // prettier-ignore
    this.#row('angle', angles.map(([, , , angle]) => angle)); // prettier-ignore
    this.#row('bending', angles.map(([, , , , k]) => k / 2 / this.kT)); // prettier-ignore
    this.#row('repulsion', mixed.map(({ repulsion }) => repulsion / this.kT)); // prettier-ignore
    this.#row('attraction', mixed.map(({ attraction }) => attraction / this.kT)); // prettier-ignore
    this.#row('charges', mixed.map(({ charges }) => charges / this.kT)); // prettier-ignore
    const factors = (name: string, rows: readonly (readonly number[] | null)[]) =>
      rows.map((row, n) => row && this.#row(`${name} ${n + 1}`, row.map((value) => value / this.kT))); // prettier-ignore
    this.#cosines = factors('cosines', series.cosines);
    this.#sines = factors('sines', series.sines);
    this.#torsionOffset = series.offset / this.kT;
  }

  /**
   * The sums that the energy is made of, in kT.
   *
   * @param x `[batch, atoms, 3]`, in nm
   */
  terms(x: Tensor): MolecularTerms {
    return tf.tidy(() => {
      const [atoms] = this.eventShape;
      const { bonds, angles, torsions, pairs } = this.#counts;
      const rows = x.shape[0];
      // One product takes all differences, of all x first, then y, then z.
      const columns = tf.reshape(tf.transpose(x, [2, 0, 1]), [3 * rows, atoms]);
      const all = tf.matMul(columns, this.#differences);
      let from = 0;
      const next = (count: number): Vectors => {
        const component = (axis: number) => tf.slice(all, [axis * rows, from], [rows, count]);
        const vectors: Vectors = [component(0), component(1), component(2)];
        from += count;
        return vectors;
      };
      const springs = (value: Tensor, rest: string, strength: string) =>
        tf.sum(tf.mul(tf.square(tf.sub(value, this.#rows.get(rest)!)), this.#rows.get(strength)!), 1);
      const none = () => tf.zeros([rows]);
      return {
        bonds: springs(lengths(next(bonds)), 'length', 'stiffness'),
        angles: angles ? springs(angleBetween(next(angles), next(angles)), 'angle', 'bending') : none(),
        torsions: torsions ? this.#torsions([next(torsions), next(torsions), next(torsions)]) : none(),
        nonbonded: pairs ? this.#nonbonded(next(pairs)) : none(),
      };
    });
  }

  protected override evaluate(x: Tensor): Tensor {
    const { bonds, angles, torsions, nonbonded } = this.terms(x);
    return tf.add(tf.add(bonds, angles), tf.add(torsions, nonbonded));
  }

  override getConfig(): Config {
    return { ...this.topology };
  }

  #torsions(bonds: readonly [Vectors, Vectors, Vectors]): Tensor {
    return tf.add(sumTorsionSeries(bonds, this.#cosines, this.#sines), this.#torsionOffset);
  }

  #nonbonded([x, y, z]: Vectors): Tensor {
    const [repulsion, attraction, charges] = ['repulsion', 'attraction', 'charges'].map((name) =>
      this.#rows.get(name)!,
    );
    const squares = tf.add(tf.add(tf.square(x), tf.square(y)), tf.square(z));
    // With t = 1 / r²: a t⁶ - b t³ + c √t, and its derivative by r².
    const energies = softCore(squares, this.#core, {
      value(s) {
        const t = tf.reciprocal(s);
        const cube = tf.mul(t, tf.square(t));
        const lennardJones = tf.mul(cube, tf.sub(tf.mul(repulsion, cube), attraction));
        return tf.add(lennardJones, tf.mul(charges, tf.sqrt(t)));
      },
      slope(s) {
        const t = tf.reciprocal(s);
        const cube = tf.mul(t, tf.square(t));
        const lennardJones = tf.mul(tf.mul(3, cube), tf.sub(tf.mul(tf.mul(2, repulsion), cube), attraction));
        return tf.mul(tf.neg(t), tf.add(lennardJones, tf.mul(tf.mul(0.5, charges), tf.sqrt(t))));
      },
    });
    return tf.sum(energies, 1);
  }

  #row(name: string, values: readonly number[]): Tensor {
    const row = this.constant(name, tf.tensor([...values], [1, values.length], 'float32'));
    this.#rows.set(name, row);
    return row;
  }
}

/** @throws FlowConfigError for terms of atoms that are not there, or numbers that are not finite. */
function checkTopology(
  where: string,
  { atoms, bonds, angles = [], torsions = [], reference }: MolecularMechanicsOptions,
): void {
  if (!isList(atoms) || atoms.length < 2) {
    const got = isList(atoms) ? `${atoms.length}` : typeof atoms;
    throw new FlowConfigError(`${where}.atoms`, { expected: 'two atoms or more', got });
  }
  atoms.forEach(({ mass, charge, sigma, epsilon }, i) => {
    checkConstants(`${where}.atoms[${i}]`, { charge });
    checkConstants(`${where}.atoms[${i}]`, { sigma, epsilon }, 'not negative');
    checkConstants(`${where}.atoms[${i}]`, { mass }, 'positive');
  });
  for (const [kind, terms, count] of [
    ['bonds', bonds, 2],
    ['angles', angles, 3],
    ['torsions', torsions, 4],
  ] as const) {
    // prettier-ignore
    terms.forEach((term, i) => {
      const members = term.slice(0, count);
      const known = members.every((atom) => Number.isInteger(atom) && atom >= 0 && atom < atoms.length);
      if (!known || new Set(members).size < count || !term.every(Number.isFinite)) {
        throw new FlowConfigError(`${where}.${kind}[${i}]`, {
          expected: `${count} different atoms below ${atoms.length}, and finite constants`,
          got: `[${term.join(', ')}]`,
        });
      }
      if (kind === 'torsions' && !(Number.isInteger(term[4]) && term[4]! > 0)) {
        throw new FlowConfigError(`${where}.torsions[${i}]`, { expected: 'a multiplicity of 1 or more', got: String(term[4]) });
      }
    });
  }
  if (bonds.length === 0) throw new FlowConfigError(`${where}.bonds`, { expected: 'at least one bond', got: 'none' });
  if (reference && (reference.length !== 3 * atoms.length || !reference.every(Number.isFinite))) {
    const got = reference.length === 3 * atoms.length ? 'others' : String(reference.length);
    throw new FlowConfigError(`${where}.reference`, { expected: `${3 * atoms.length} finite coordinates`, got });
  }
}

/** A chain of four atoms, for tests. */
const PEROXIDE: MolecularMechanicsOptions = {
  atoms: [
    { name: 'H', mass: 1.008, charge: 0.4, sigma: 0.1, epsilon: 0.06 },
    { name: 'O', mass: 16, charge: -0.4, sigma: 0.3, epsilon: 0.7 },
    { name: 'O', mass: 16, charge: -0.4, sigma: 0.3, epsilon: 0.7 },
    { name: 'H', mass: 1.008, charge: 0.4, sigma: 0.1, epsilon: 0.06 },
  ],
  bonds: [[0, 1, 0.095, 4e5], [1, 2, 0.145, 3e5], [2, 3, 0.095, 4e5]], // prettier-ignore
  angles: [[0, 1, 2, 1.75, 500], [1, 2, 3, 1.75, 500]], // prettier-ignore
  torsions: [[0, 1, 2, 3, 1, 0.4, 5], [0, 1, 2, 3, 2, 0, 12], [0, 1, 2, 3, 3, Math.PI, 2]], // prettier-ignore
  reference: [-0.03, 0.09, 0, 0, 0, 0, 0.145, 0, 0, 0.17, -0.04, 0.08],
};
