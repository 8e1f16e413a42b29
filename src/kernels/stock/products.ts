import type { SimdCall } from '../fused/wasm.js';
import { sizeOf } from '../../shapes.js';
import type { Lowering } from './lowering.js';
import { gemmScratch } from '../wasm/gemm-scratch.js';

export const PRODUCTS: Readonly<Record<string, Lowering>> = {
  BatchMatMul: ({ inputs: { a, b }, outputs: [out], attributes, scratch }) => {
    const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
    const [aRows, aColumns] = a.shape.slice(-2);
    const [bRows, bColumns] = b.shape.slice(-2);
    const [rows, depth] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
    const columns = transposeB ? bRows : bColumns;
    const [batch, batchA, batchB] = [out!, a, b].map(({ shape }) => sizeOf(shape.slice(0, -2)));
    if (batch > MAX_BATCH || (batchA !== batch && batchA !== 1) || (batchB !== batch && batchB !== 1)) return null;
    const space = scratch(gemmScratch(depth));
    return Array.from({ length: batch }, (_, i): SimdCall => [
      'gemm',
      a.address + (batchA === 1 ? 0 : 4 * i * aRows * aColumns), ...(transposeA ? [1, aColumns] : [aColumns, 1]),
      b.address + (batchB === 1 ? 0 : 4 * i * bRows * bColumns), ...(transposeB ? [1, bColumns] : [bColumns, 1]), 0,
      0, out!.address + 4 * i * rows * columns, 0, rows, depth, columns, space,
    ]); // prettier-ignore
  },
};

/** Matrices of one product that are taken one by one. */
const MAX_BATCH = 64;
