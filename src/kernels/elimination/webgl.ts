import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';
import type { WebGLProgram, WebGLRunner } from '../fused/webgl.js';
import { CANCELLED_FLOAT } from './cancelled.js';
import type { EliminationPlan } from './plan.js';

/** Whether a number is neither NaN nor infinite; comparisons with NaN are not reliable in shaders. */
export const FINITE_GLSL = `
  bool finite(float x) { return (floatBitsToUint(x) & 0x7f800000u) != 0x7f800000u; }`;

/**
 * Elimination with partial pivoting, a draw a column. The state is a texture `[count, n, n + k + 4]`: the matrix, the
 * right-hand side, the original index of each row, and in the first row the next pivot's row, the logarithm and the sign
 * of the determinant so far (both NaN for a matrix that is not finite). The fragment of the next pivot's row alone looks
 * down a column for it.
 */
export function eliminateOnWebGL(inputs: readonly TensorInfo[], plan: EliminationPlan, gl: WebGLRunner): TensorInfo {
  let state = gl.run(startProgram(plan), inputs);
  const program = stepProgram(plan);
  for (let step = 0; step < plan.n; step++) {
    const next = gl.run(program, [state], [[step]]);
    gl.dispose(state);
    state = next;
  }
  return state;
}

/** A program that reads the state `S`; its code may use `finite`, `INFINITE` and {@link layoutOf}'s names. */
export function afterElimination(
  { n, k }: EliminationPlan,
  outputShape: Shape,
  body: string,
  others: string[] = [],
): WebGLProgram {
  return {
    variableNames: ['S', ...others],
    outputShape: [...outputShape],
    enableShapeUniforms: true,
    userCode: `
      ${layoutOf(n, k)}
      ${FINITE_GLSL}
      #define INFINITE uintBitsToFloat(0x7f800000u)
      void main() {${body}}`,
  };
}

function layoutOf(n: number, k: number): string {
  return `
    const int N = ${n};
    const int ORDER = ${n + k};
    const int PIVOT = ${n + k + 1};
    const int LOG = ${n + k + 2};
    const int SIGN = ${n + k + 3};`;
}

function startProgram({ count, n, k, right, adjoint }: EliminationPlan): WebGLProgram {
  const entry = (i: string, j: string) => `getA(m, ${adjoint ? `${j}, ${i}` : `${i}, ${j}`})`;
  return {
    variableNames: right === 'given' ? ['A', 'B'] : ['A'],
    outputShape: [count, n, n + k + 4],
    enableShapeUniforms: true,
    userCode: `
      ${layoutOf(n, k)}
      ${FINITE_GLSL}

      float pivotRow(int m) {
        int best = 0;
        for (int i = 1; i < N; i++) if (abs(${entry('i', '0')}) > abs(${entry('best', '0')})) best = i;
        return float(best);
      }

      bool allFinite(int m) {
        for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) if (!finite(${entry('i', 'j')})) return false;
        return true;
      }

      void main() {
        ivec3 at = getOutputCoords();
        int m = at.x, i = at.y, c = at.z;
        if (c < N) setOutput(${entry('i', 'c')});
        else if (c < ORDER) setOutput(${right === 'given' ? 'getB(m, i, c - N)' : 'float(i == c - N)'});
        else if (c == ORDER) setOutput(float(i));
        else if (i > 0) setOutput(0.0);
        else if (c == PIVOT) setOutput(pivotRow(m));
        else if (allFinite(m)) setOutput(c == LOG ? 0.0 : 1.0);
        else setOutput(NAN);
      }`,
  };
}

function stepProgram({ count, n, k, kind }: EliminationPlan): WebGLProgram {
  return {
    variableNames: ['S'],
    outputShape: [count, n, n + k + 4],
    enableShapeUniforms: true,
    customUniforms: [{ name: 'step', type: 'int' }],
    userCode: `
      ${layoutOf(n, k)}
      ${FINITE_GLSL}

      int pivotRow;
      float pivot;

      /** Where a row was before it changed places with the pivot's. */
      int origin(int i) { return i == step ? pivotRow : (i == pivotRow ? step : i); }

      float after(int m, int i, int c) {
        float x = getS(m, origin(i), c);
        if (pivot == 0.0 || c < step || ${kind === 'lu' ? 'i <= step' : 'i == step'}) return x;
        float factor = getS(m, origin(i), step) / pivot;
        if (c == step) return factor;
        float rest = x - factor * getS(m, pivotRow, c);
        return abs(rest) <= ${CANCELLED_FLOAT} * abs(x) ? 0.0 : rest;
      }

      float nextPivotRow(int m) {
        int best = step + 1;
        float largest = -1.0;
        for (int i = step + 1; i < N; i++) {
          float size = abs(after(m, i, step + 1));
          if (size > largest) {
            best = i;
            largest = size;
          }
        }
        return float(best);
      }

      void main() {
        ivec3 at = getOutputCoords();
        int m = at.x, i = at.y, c = at.z;
        pivotRow = int(getS(m, 0, PIVOT));
        pivot = getS(m, pivotRow, step);
        if (c < ORDER) setOutput(after(m, i, c));
        else if (c == ORDER) setOutput(getS(m, origin(i), c));
        else if (i > 0) setOutput(0.0);
        else if (c == PIVOT) setOutput(nextPivotRow(m));
        else {
          float before = getS(m, 0, c);
          if (!finite(before) || !finite(pivot)) setOutput(NAN);
          else if (c == LOG) setOutput(pivot == 0.0 ? before : before + log(abs(pivot)));
          else setOutput((pivotRow == step ? before : -before) * sign(pivot));
        }
      }`,
  };
}
