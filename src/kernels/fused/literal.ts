/** A number as shaders write it: with a point or an exponent, or it would be a whole one. */
export function literal(value: number): string {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}
