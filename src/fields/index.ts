export * from './vector-field.js';
