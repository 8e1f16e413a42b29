/**
 * The lower triangular `L` with positive diagonal and `L Lᵀ = matrix`, in doubles; null when the matrix is not positive
 * definite. Only the lower triangle of the symmetric `matrix` is read.
 */
export function cholesky(matrix: readonly (readonly number[])[]): number[][] | null {
  const factor: number[][] = [];
  for (let i = 0; i < matrix.length; i++) {
    const row: number[] = Array<number>(matrix.length).fill(0);
    factor.push(row);
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i][j];
      for (let k = 0; k < j; k++) rest -= row[k] * factor[j][k];
      if (j < i) row[j] = rest / factor[j][j];
      // A pivot that is rounding noise of its own diagonal entry would give a factor without meaning.
      else if (rest > Number.EPSILON * matrix.length * matrix[i][i]) row[i] = Math.sqrt(rest);
      else return null;
    }
  }
  return factor;
}
