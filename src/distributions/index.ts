export * from './distribution.js';
