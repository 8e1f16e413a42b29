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
    if ((batchA !== batch && batchA !== 1) || (batchB !== batch && batchB !== 1)) return null;
    // A stack of matrices times one matrix is one tall matrix times it.
    const tall = batchA === batch && batchB === 1 && !transposeA;
    const [count, height] = tall ? [1, batch * rows] : [batch, rows];
    return [
      [
        'gemmStack', count,
        a.address, batchA === 1 ? 0 : aRows * aColumns, ...(transposeA ? [1, aColumns] : [aColumns, 1]),
        b.address, batchB === 1 ? 0 : bRows * bColumns, ...(transposeB ? [1, bColumns] : [bColumns, 1]),
        out!.address, height, depth, columns, scratch(gemmScratch(depth)),
      ],
    ]; // prettier-ignore
  },
};
