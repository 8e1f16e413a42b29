const FLOAT: usize = 4;

/**
 * Four rows of `count` numbers, `count >= 4`, to `count` vectors of four: lane = row. Rows lie `row` bytes apart. The
 * last vectors may be made twice.
 */
export function rowsToLanes(from: usize, row: usize, to: usize, count: i32): void {
  for (let i: i32 = 0; i < count; i += 4) {
    const first = <usize>min(i, count - 4);
    const at = from + first * FLOAT;
    const r0 = v128.load(at), r1 = v128.load(at + row);
    const r2 = v128.load(at + 2 * row), r3 = v128.load(at + 3 * row);
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    const out = to + first * 16;
    v128.store(out, v128.shuffle<f64>(t0, t1, 0, 2));
    v128.store(out, v128.shuffle<f64>(t0, t1, 1, 3), 16);
    v128.store(out, v128.shuffle<f64>(t2, t3, 0, 2), 32);
    v128.store(out, v128.shuffle<f64>(t2, t3, 1, 3), 48);
  }
}

/** The way back of {@link rowsToLanes}. */
export function lanesToRows(from: usize, to: usize, row: usize, count: i32): void {
  for (let i: i32 = 0; i < count; i += 4) {
    const first = <usize>min(i, count - 4);
    const at = from + first * 16;
    const v0 = v128.load(at), v1 = v128.load(at, 16);
    const v2 = v128.load(at, 32), v3 = v128.load(at, 48);
    const t0 = v128.shuffle<f32>(v0, v1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(v2, v3, 0, 4, 1, 5);
    const t2 = v128.shuffle<f32>(v0, v1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(v2, v3, 2, 6, 3, 7);
    const out = to + first * FLOAT;
    v128.store(out, v128.shuffle<f64>(t0, t1, 0, 2));
    v128.store(out + row, v128.shuffle<f64>(t0, t1, 1, 3));
    v128.store(out + 2 * row, v128.shuffle<f64>(t2, t3, 0, 2));
    v128.store(out + 3 * row, v128.shuffle<f64>(t2, t3, 1, 3));
  }
}
