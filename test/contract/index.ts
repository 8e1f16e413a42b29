export { bijectorChecks, bijectorClasses } from './bijectors.js';
export { isFirstSample, type Check } from './check.js';
export { elementwiseChecks, elementwiseClasses } from './elementwise.js';
export { fieldChecks, fieldClasses } from './fields.js';
