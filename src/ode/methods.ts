import { RODAS4 } from './rosenbrock/rodas4.js';
import { ROSENBROCK23 } from './rosenbrock/rosenbrock23.js';
import type { ImplicitMethod, RosenbrockTableau } from './rosenbrock/tableau.js';
import type { ExplicitMethod, Tableau } from './tableau.js';
import { TABLEAUS } from './tableaus/tableaus.js';

/** Names of all methods: explicit ones, and linearly implicit ones for stiff systems. */
export type SolverMethod = ExplicitMethod | ImplicitMethod;

/** All methods by name. */
export const METHODS: Readonly<Record<SolverMethod, Tableau | RosenbrockTableau>> = {
  ...TABLEAUS,
  rosenbrock23: ROSENBROCK23,
  rodas4: RODAS4,
};

export function isImplicit(method: Tableau | RosenbrockTableau): method is RosenbrockTableau {
  return 'gamma' in method;
}
