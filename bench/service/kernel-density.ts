import { logSumExp } from './gaussian-mixture.js';

/** `ln p` of rows by normal kernels of one width in every direction, around the rows fitted to. */
export function kernelDensities(rows: readonly Float32Array[], width: number, asked: readonly Float32Array[]): Float64Array {
  const dims = rows[0].length;
  const constant = -Math.log(rows.length) - dims * Math.log(width) - (dims / 2) * Math.log(2 * Math.PI);
  const terms = new Float64Array(rows.length);
  return Float64Array.from(asked, (at) => {
    rows.forEach((row, i) => {
      let squares = 0;
      for (let d = 0; d < dims; d++) squares += (row[d] - at[d]) ** 2;
      terms[i] = -squares / (2 * width * width);
    });
    return constant + logSumExp(terms);
  });
} // prettier-ignore
