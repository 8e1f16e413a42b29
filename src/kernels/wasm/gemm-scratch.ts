/** Scratch memory of the module's `gemm` for products of this depth, in numbers. */
export function gemmScratch(depth: number): number {
  return 16 * depth + 32;
}

/** Scratch memory of `gemmTransposed`: that of the product, and a copy of `Aᵀ`, `[rows, depth]`, in blocks of four rows. */
export function gemmTransposedScratch(rows: number, depth: number): number {
  return gemmScratch(depth) + (rows + 3) * depth;
}
