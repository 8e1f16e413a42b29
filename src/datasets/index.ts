export * from './dequantize.js';
export * from './split-rows.js';
export * from './table.js';
export * from './toys/index.js';
