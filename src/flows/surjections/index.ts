export * from './abs-surjection.js';
export { MaxSurjection, type MaxSurjectionOptions } from './max-surjection.js';
export type { RemainderFlow, RemainderRequest } from './remainder.js';
export * from './slice-surjection.js';
export * from './sort-surjection.js';
export * from './surjection.js';
