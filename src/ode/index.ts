export type { Evaluations } from './evaluations.js';
export type { RightHandSide } from './function-system.js';
export type { Grouping } from './integrate.js';
export type { SolverMethod } from './methods.js';
export * from './ode-solve.js';
export type { GradientMethod, SolverSettings } from './options.js';
export type { ImplicitMethod } from './rosenbrock/tableau.js';
export type { StepControlOptions } from './step-control.js';
export type { ExplicitMethod } from './tableau.js';
