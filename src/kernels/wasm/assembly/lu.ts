import { eliminate, loadMatrix } from './elimination';

const FLOAT: usize = 4;
const DOUBLE: usize = 8;

/**
 * Both factors in one of `count` matrices `[n, n]`, and the original index of each row; an output at 0 is not written.
 * `rows`: scratch for `n²` doubles.
 */
export function lu(a: usize, packed: usize, order: usize, count: i32, n: i32, rows: usize): void {
  const size = <usize>(n * n);
  for (let matrix: i32 = 0; matrix < count; matrix++) {
    const usable = loadMatrix(a, n, false, rows, n);
    if (!usable) memory.fill(rows, 0, size * DOUBLE);
    eliminate(rows, n, n, order ? order + <usize>(matrix * n) * FLOAT : 0);
    for (let i: usize = 0; packed && i < size; i++) {
      const entry = usable ? <f32>load<f64>(rows + i * DOUBLE) : NaN;
      store<f32>(packed + (<usize>matrix * size + i) * FLOAT, entry);
    }
    a += size * FLOAT;
  }
}
