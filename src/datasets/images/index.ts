export * from './augment.js';
export * from './cifar.js';
export * from './idx.js';
export * from './image-grid.js';
export * from './image-set.js';
export type { FileSource } from './read-bytes.js';
