/** The last `count < 4` numbers of an array; the other lanes are zero. */
export function loadTail(at: usize, count: i32): v128 {
  let x = f32x4.splat(0);
  if (count > 0) x = f32x4.replace_lane(x, 0, load<f32>(at));
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(at, 4));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(at, 8));
  return x;
}

/** Writes the first `count < 4` lanes. */
export function storeTail(at: usize, x: v128, count: i32): void {
  if (count > 0) store<f32>(at, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(at, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(at, f32x4.extract_lane(x, 2), 8);
}
