import type { GpuProgram } from './gpu.js';

/**
 * Functions that programs may call in addition to the built-in ones that GLSL and WGSL share. `isnan` is given by TF.js,
 * in a form that compilers cannot remove.
 *
 * `logOnePlus` is exact to rounding for `0 ≤ z ≤ 1`, where `log(1 + z)` is not: with `s = z / (2 + z)`,
 * `log(1 + z) = 2 artanh(s) = 2 (s + s³/3 + s⁵/5 + …)`, and `s ≤ 1/3`.
 */
const LIBRARY = `
float logOnePlus(float z) {
  float s = z / (2.0 + z);
  float t = s * s;
  float tail = 1.0 / 9.0 + t * (1.0 / 11.0 + t * (1.0 / 13.0 + t * (1.0 / 15.0 + t / 17.0)));
  return 2.0 * s * (1.0 + t * (1.0 / 3.0 + t * (0.2 + t * (1.0 / 7.0 + t * tail))));
}
float softplus(float u) {
  return max(u, 0.0) + logOnePlus(exp(-abs(u)));
}
float sigmoid(float u) {
  float e = exp(-abs(u));
  return pick(u < 0.0, e, 1.0) / (1.0 + e);
}
`;

/**
 * Column and row of a number in a texture. GPUs have no instruction for whole division, and this is in the innermost
 * loops: the quotient of floats is off by at most one, which is put right.
 */
const CELL_OF = `
ivec2 cellOf(int at, int width) {
  int row = int(float(at) / float(width));
  int column = at - row * width;
  int carry = int(column >= width) - int(column < 0);
  return ivec2(column - carry * width, row + carry);
}
`;

/**
 * A program as a WebGL 2 fragment shader.
 *
 * Tensors are read and written in row-major order whatever the shape of their textures, so one program serves all
 * shapes. `outTexShape` and the offset of a tensor that is a part of another's texture come from TF.js.
 */
export function toGlsl(inputs: readonly string[], { code }: GpuProgram): string {
  const readers = inputs.map(
    (name) => `
float ${name}(int i) {
  return texelFetch(${name}_, cellOf(i + offset${name}_, textureSize(${name}_, 0).x), 0).r;
}`,
  );
  return `
float pick(bool condition, float yes, float no) {
  return condition ? yes : no;
}
${CELL_OF}${LIBRARY}${readers.join('')}
${code}
void main() {
  ivec2 cell = ivec2(gl_FragCoord.xy);
  setOutput(compute(cell.y * outTexShape[1] + cell.x));
}`;
}

/**
 * A program as a WebGPU compute shader, one thread a number, beginning with number `first`.
 *
 * Every buffer is mentioned: bindings that a program does not use are missing from the layout that TF.js asks for.
 */
export function toWgsl(inputs: readonly string[], { code, ints, floats = {} }: GpuProgram): string {
  const readers = inputs.map((name) => `fn ${name}(i: i32) -> f32 {\n  return ${name}_[i];\n}\n`);
  const declarations = [
    ...Object.keys(ints).map((name) => `var<private> ${name}: i32;`),
    ...Object.keys(floats).map((name) => `var<private> ${name}: f32;`),
  ];
  const assignments = [...Object.keys(ints), ...Object.keys(floats)].map((name) => `${name} = uniforms.${name};`);
  return `
fn pick(condition: bool, yes: f32, no: f32) -> f32 {
  return select(no, yes, condition);
}
${declarations.join('\n')}
${translate(LIBRARY)}
${readers.join('')}
${translate(code)}
fn main(index : i32) {
  ${inputs.map((name) => `_ = &${name}_;`).join(' ')}
  if (index < uniforms.size) {
    ${assignments.join(' ')}
    result[index] = compute(uniforms.first + index);
  }
}`;
}

const TYPES: Readonly<Record<string, string>> = { float: 'f32', int: 'i32', bool: 'bool' };

/**
 * From GLSL to WGSL, for code that keeps to this: types `float`, `int` and `bool`; one declaration a line or loop head;
 * `const` and variables outside of functions at the beginning of a line; functions with a body in braces that opens on
 * the same line; braces around every body; `pick(condition, yes, no)`, which evaluates both, for a choice; no assignment
 * to parameters, no unused results.
 */
function translate(glsl: string): string {
  return glsl
    .replace(/^(float|int|bool|void) (\w+)\((.*)\) \{$/gm, (_, type: string, name: string, list: string) => {
      const parameters = list.replace(/(float|int|bool) (\w+)/g, (__, kind: string, parameter: string) => `${parameter}: ${TYPES[kind]}`); // prettier-ignore
      return `fn ${name}(${parameters})${type === 'void' ? '' : ` -> ${TYPES[type]}`} {`;
    })
    .replace(/\bconst (float|int|bool) (\w+) =/g, (_, type: string, name: string) => `const ${name}: ${TYPES[type]} =`)
    .replace(/^(float|int|bool) (\w+);/gm, (_, type: string, name: string) => `var<private> ${name}: ${TYPES[type]};`)
    .replace(/\b(float|int|bool) (\w+)(?= =|;)/g, (_, type: string, name: string) => `var ${name}: ${TYPES[type]}`)
    .replace(/\bfloat\(/g, 'f32(')
    .replace(/\bint\(/g, 'i32(')
    .replace(/\bNAN\b/g, 'uniforms.NAN');
}
