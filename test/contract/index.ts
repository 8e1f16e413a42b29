export { bijectorChecks, bijectorClasses } from './bijector-checks.js';
export type { Check } from './check.js';
export { elementwiseChecks, elementwiseClasses } from './elementwise-checks.js';
