import type { ExplicitMethod, Tableau } from '../tableau.js';
import { BOSH3 } from './bosh3.js';
import { DOPRI5 } from './dopri5.js';
import { EULER } from './euler.js';
import { HEUN2 } from './heun2.js';
import { MIDPOINT } from './midpoint.js';
import { RK4_THREE_EIGHTHS } from './rk4-three-eighths.js';
import { RK4 } from './rk4.js';
import { TSIT5 } from './tsit5.js';

/** The explicit methods by name. */
export const TABLEAUS: Readonly<Record<ExplicitMethod, Tableau>> = {
  dopri5: DOPRI5,
  tsit5: TSIT5,
  bosh3: BOSH3,
  heun2: HEUN2,
  euler: EULER,
  midpoint: MIDPOINT,
  rk4: RK4,
  'rk4-3/8': RK4_THREE_EIGHTHS,
};
