import { FLOWS, SIZES, type FlowId, type SizeId } from './catalogue/flows.js';
import { ENERGIES, TOYS } from './catalogue/targets.js';
import type { Backend, TargetSpec } from './protocol.js';

/** Everything about the page that a link can carry. */
export interface Settings {
  /** Id of a toy or an energy; `own` for what the visitor brought, which no link can carry. */
  readonly target: string;
  readonly flow: FlowId;
  readonly size: SizeId;
  /** The flow beside it, or null. */
  readonly versus: FlowId | null;
  readonly seed: string;
  readonly steps: number;
  readonly backend: Backend | null;
}

export const DEFAULTS: Settings = {
  target: 'twoMoons',
  flow: 'spline',
  size: 'm',
  versus: null,
  seed: '1',
  steps: 2000,
  backend: null,
};

const MOST_STEPS = 100_000;
const BACKENDS: readonly Backend[] = ['webgpu', 'webgl', 'wasm', 'cpu'];

/** What a link asks for; whatever it gets wrong is as by default. */
export function settingsFrom(hash: string): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const one = <T extends string, D>(name: string, among: readonly T[], other: D) =>
    among.includes(given.get(name) as T) ? (given.get(name) as T) : other;
  const flows = FLOWS.map(({ id }) => id);
  const steps = Number(given.get('steps'));
  return {
    target: one('target', [...TOYS, ...ENERGIES].map(({ id }) => id), DEFAULTS.target), // prettier-ignore
    flow: one('flow', flows, DEFAULTS.flow),
    size: one('size', Object.keys(SIZES) as SizeId[], DEFAULTS.size),
    versus: one('versus', flows, null),
    seed: given.get('seed') || DEFAULTS.seed,
    steps: Number.isInteger(steps) && steps > 0 ? Math.min(steps, MOST_STEPS) : DEFAULTS.steps,
    backend: one('backend', BACKENDS, null),
  };
}

/** The part of a link after `#`. */
export function hashOf({ target, flow, size, versus, seed, steps, backend }: Settings): string {
  const shown = { target: target === 'own' ? null : target, flow, size, versus, seed, steps: String(steps), backend };
  const entries = Object.entries(shown).filter((entry): entry is [string, string] => entry[1] !== null);
  return `#${new URLSearchParams(entries).toString()}`;
}

/** The target that an id stands for. */
export function targetOf(id: string, own: TargetSpec | null): TargetSpec {
  if (id === 'own' && own) return own;
  const energy = ENERGIES.find((entry) => entry.id === id);
  if (energy) return { kind: 'energy', id: energy.id };
  return { kind: 'toy', id: TOYS.find((entry) => entry.id === id)?.id ?? 'twoMoons' };
}
