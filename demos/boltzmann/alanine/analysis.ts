import { RandomStream } from 'tfjs-flows';
import { BASINS, isIn } from './basins.js';
import { backboneTorsions } from './torsions.js';

/** A share with its standard error. */
export interface Share {
  readonly share: number;
  readonly error: number;
}

/** What a reference run says, given that both peptide bonds are trans. */
export interface ReferenceReport {
  readonly draws: number;
  readonly cis: Share;
  /** Share of positive phi, up to 126 degrees. */
  readonly positivePhi: Share;
  /** `-log(P / (1 - P))` of that, in kT. */
  readonly difference: Share;
  readonly cosPhi: Share;
  readonly cosPsi: Share;
  readonly basins: Readonly<Record<string, Share>>;
  /** Free energy along phi in kT above its lowest, in bins from -180 degrees; null where the run has never been. */
  readonly profile: readonly { readonly degrees: number; readonly freeEnergy: number | null; readonly error: number | null }[]; // prettier-ignore
}

const BINS = 36;
const RESAMPLES = 400;

/** Sums over the draws of one chain, from which all shares follow. */
interface Sums {
  readonly all: number;
  readonly trans: number;
  readonly cosPhi: number;
  readonly cosPsi: number;
  readonly positive: number;
  readonly basins: readonly number[];
  readonly bins: readonly number[];
}

/**
 * Populations and the free energy along phi, with errors by a bootstrap over chains, each of which has a ladder of temperatures of its
 * own and knows nothing of the others.
 *
 * @param chains positions of each chain, molecule by molecule
 */
export function analyse(chains: readonly Float32Array[]): ReferenceReport {
  const sums = chains.map(sumsOf);
  const stream = new RandomStream('bootstrap');
  const resamples = Array.from({ length: RESAMPLES }, () =>
    totalOf(sums.map(() => sums[stream.nextInteger(sums.length)])),
  );
  const total = totalOf(sums);
  const share = (of: (sums: Sums) => number): Share => {
    const values = resamples.map(of).filter(Number.isFinite);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { share: of(total), error: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) }; // prettier-ignore
  };
  const lowest = Math.max(...total.bins);
  const profile = total.bins.map((count, bin) => {
    const degrees = -180 + (360 * (bin + 0.5)) / BINS;
    if (count === 0) return { degrees, freeEnergy: null, error: null };
    const { error } = share((s) => -Math.log(s.bins[bin] / s.trans));
    return { degrees, freeEnergy: -Math.log(count / lowest), error };
  });
  return {
    draws: total.all,
    cis: share((s) => 1 - s.trans / s.all),
    positivePhi: share((s) => s.positive / s.trans),
    difference: share((s) => -Math.log(s.positive / (s.trans - s.positive))),
    cosPhi: share((s) => s.cosPhi / s.trans),
    cosPsi: share((s) => s.cosPsi / s.trans),
    basins: Object.fromEntries(BASINS.map(({ name }, i) => [name, share((s) => s.basins[i] / s.trans)])),
    profile,
  };
}

function sumsOf(positions: Float32Array): Sums {
  const { phi, psi, trans } = backboneTorsions(positions);
  const rows = trans.flatMap((yes, row) => (yes ? [row] : []));
  const count = (test: (row: number) => boolean) => rows.filter(test).length;
  const bins = Array<number>(BINS).fill(0);
  for (const row of rows) bins[Math.min(BINS - 1, Math.floor((BINS * (phi[row] + Math.PI)) / (2 * Math.PI)))]++;
  return {
    all: trans.length,
    trans: rows.length,
    cosPhi: rows.reduce((sum, row) => sum + Math.cos(phi[row]), 0),
    cosPsi: rows.reduce((sum, row) => sum + Math.cos(psi[row]), 0),
    positive: count((row) => phi[row] > 0 && phi[row] < (126 * Math.PI) / 180),
    basins: BASINS.map((basin) => count((row) => isIn(basin, phi[row], psi[row]))),
    bins,
  };
}

function totalOf(all: readonly Sums[]): Sums {
  const add = (pick: (sums: Sums) => number) => all.reduce((sum, own) => sum + pick(own), 0);
  return {
    all: add((s) => s.all),
    trans: add((s) => s.trans),
    cosPhi: add((s) => s.cosPhi),
    cosPsi: add((s) => s.cosPsi),
    positive: add((s) => s.positive),
    basins: all[0].basins.map((_, i) => add((s) => s.basins[i])),
    bins: all[0].bins.map((_, i) => add((s) => s.bins[i])),
  };
}
