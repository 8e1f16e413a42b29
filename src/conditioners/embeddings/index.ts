export * from './class-embedding.js';
export * from './conv-embedding.js';
export * from './embedding.js';
export * from './mlp-embedding.js';
