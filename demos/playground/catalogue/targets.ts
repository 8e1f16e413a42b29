/** Two-dimensional densities to learn from draws. */
export type ToyId = 'twoMoons' | 'eightGaussians' | 'checkerboard' | 'pinwheel' | 'rings' | 'spirals';

/** Energies to learn without any data. */
export type EnergyId = 'doubleWell' | 'muellerBrown' | 'ringOfWells';

/** One target as the page presents it. */
export interface TargetEntry<Id extends string> {
  readonly id: Id;
  readonly title: string;
}

/** In the order in which they are offered. */
export const TOYS: readonly TargetEntry<ToyId>[] = [
  { id: 'twoMoons', title: 'Two moons' },
  { id: 'eightGaussians', title: 'Eight Gaussians' },
  { id: 'checkerboard', title: 'Checkerboard' },
  { id: 'pinwheel', title: 'Pinwheel' },
  { id: 'rings', title: 'Rings' },
  { id: 'spirals', title: 'Spirals' },
];

/** In the order in which they are offered. */
export const ENERGIES: readonly (TargetEntry<EnergyId> & { readonly formula: string })[] = [
  { id: 'doubleWell', title: 'Double well', formula: 'u(x, y) = x⁴ − 4x² + ½y²' },
  { id: 'muellerBrown', title: 'Müller-Brown', formula: 'u(x, y) = Σₖ Aₖ exp(aₖδx² + bₖδxδy + cₖδy²), scaled by 0.05' },
  { id: 'ringOfWells', title: 'Ring of wells', formula: 'u(x, y) = ½((r − 2)/0.3)² − cos 6φ' },
];
