export * from './pixel-logit.js';
export * from './pixel-scaling.js';
