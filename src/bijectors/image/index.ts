export * from './spatial-coupling.js';
