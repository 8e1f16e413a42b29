export * from './energy.js';
export * from './flow-energy.js';
