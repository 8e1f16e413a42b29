export * from './plaquette-coupling.js';
