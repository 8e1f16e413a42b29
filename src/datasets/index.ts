export * from './dequantize.js';
export * from './distinct-rows.js';
export * from './images/index.js';
export * from './split-rows.js';
export * from './toys/index.js';
