export * from './toys/index.js';
