import type { Lowering } from './lowering.js';
import { ELEMENTWISE } from './elementwise.js';
import { LAYOUT } from './layout.js';
import { PRODUCTS } from './products.js';
import { REDUCTIONS } from './reductions.js';

/** Kernels of TF.js that a program can contain, beside the fused ones of this library. */
export const LOWERINGS: Readonly<Record<string, Lowering>> = { ...ELEMENTWISE, ...LAYOUT, ...REDUCTIONS, ...PRODUCTS };
