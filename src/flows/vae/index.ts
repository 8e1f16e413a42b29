export * from './bernoulli-likelihood.js';
export * from './likelihood.js';
export * from './load-vae.js';
export * from './normal-likelihood.js';
export * from './vae.js';
