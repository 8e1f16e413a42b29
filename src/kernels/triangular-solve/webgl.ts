import { FINITE_GLSL } from '../elimination/webgl.js';
import type { WebGLKernel } from '../fused/webgl.js';
import type { TriangularSolveAttributes } from './spec.js';

/** One draw: every fragment substitutes through its whole column. */
export const triangularSolveOnWebGL: WebGLKernel<TriangularSolveAttributes> = (
  [t, b],
  { lower, adjoint, unitDiagonal },
  gl,
) => {
  const [, n] = t.shape;
  const row = (step: string) => (lower !== adjoint ? step : `N - 1 - ${step}`);
  const program = {
    variableNames: ['T', 'B'],
    outputShape: b.shape,
    enableShapeUniforms: true,
    userCode: `
      const int N = ${n};
      ${FINITE_GLSL}

      float entry(int m, int i, int j) { return getT(m, ${adjoint ? 'j, i' : 'i, j'}); }

      void main() {
        ivec3 at = getOutputCoords();
        float x[N];
        bool usable = true;
        for (int step = 0; step < N; step++) {
          int i = ${row('step')};
          float rest = getB(at.x, i, at.z);
          usable = usable && finite(rest);
          for (int before = 0; before < step; before++) {
            int j = ${row('before')};
            float factor = entry(at.x, i, j);
            usable = usable && finite(factor);
            rest -= factor * x[j];
          }
          float pivot = ${unitDiagonal ? '1.0' : 'entry(at.x, i, i)'};
          usable = usable && finite(pivot) && pivot != 0.0;
          x[i] = rest / pivot;
        }
        if (usable) setOutput(x[at.y]);
        else setOutput(NAN);
      }`,
  };
  return [gl.run(program, [t, b])];
};
