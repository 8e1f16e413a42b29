export * from './conditioner.js';
