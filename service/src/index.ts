export * from './tables/table.js';
