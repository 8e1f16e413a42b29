export type { NormalisationName } from './normalise.js';
