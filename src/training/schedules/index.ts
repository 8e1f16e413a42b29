export * from './constant.js';
export * from './cosine.js';
export * from './schedule.js';
export * from './step-decay.js';
export * from './warm-up.js';
