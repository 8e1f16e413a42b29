export * from './data/index.js';
export * from './fit.js';
export * from './history.js';
export * from './objectives/index.js';
export * from './optimizers/index.js';
export * from './options.js';
export * from './schedules/index.js';
