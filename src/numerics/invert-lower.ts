/** The inverse of a lower triangular matrix with non-zero diagonal, in doubles. */
export function invertLower(factor: readonly (readonly number[])[]): number[][] {
  const inverse = factor.map(() => Array<number>(factor.length).fill(0));
  for (let column = 0; column < factor.length; column++) {
    for (let i = column; i < factor.length; i++) {
      let rest = i === column ? 1 : 0;
      for (let k = column; k < i; k++) rest -= factor[i][k] * inverse[k][column];
      inverse[i][column] = rest / factor[i][i];
    }
  }
  return inverse;
}
