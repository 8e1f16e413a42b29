import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { EliminationPlan } from '../elimination/plan.js';
import { afterElimination, eliminateOnWebGL } from '../elimination/webgl.js';
import type { WebGLKernel, WebGLRunner } from '../fused/webgl.js';
import type { SolveAttributes } from './spec.js';

export const solveOnWebGL: WebGLKernel<SolveAttributes> = (inputs, { adjoint }, gl) => {
  const [count, n, k] = inputs[1].shape;
  return [solveAll(inputs, { count, n, k, right: 'given', adjoint, kind: 'jordan' }, gl)];
};

export const inverseOnWebGL: WebGLKernel<object> = (inputs, _, gl) => {
  const [count, n] = inputs[0].shape;
  return [solveAll(inputs, { count, n, k: n, right: 'identity', adjoint: false, kind: 'jordan' }, gl)];
};

function solveAll([a, ...b]: readonly TensorInfo[], plan: EliminationPlan, gl: WebGLRunner): TensorInfo {
  const { count, n, k } = plan;
  const state = eliminateOnWebGL([a, ...b], plan, gl);
  const checkRight = 'for (int i = 0; i < N; i++) if (!finite(getB(at.x, i, at.z))) usable = false;';
  const program = afterElimination(
    plan,
    [count, n, k],
    `
      ivec3 at = getOutputCoords();
      float s = getS(at.x, 0, SIGN);
      bool usable = finite(s) && s != 0.0;
      ${b.length > 0 ? checkRight : ''}
      if (usable) setOutput(getS(at.x, at.y, N + at.z) / getS(at.x, at.y, at.y));
      else setOutput(NAN);`,
    b.length > 0 ? ['B'] : [],
  );
  const x = gl.run(program, [state, ...b]);
  gl.dispose(state);
  return x;
}
