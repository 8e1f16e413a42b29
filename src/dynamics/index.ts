export * from './simulate.js';
export type { EnergyDrift, Trajectory } from './trajectory.js';
