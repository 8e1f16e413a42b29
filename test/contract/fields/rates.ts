import * as tf from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../../src/errors.js';
import { PotentialField } from '../../../src/fields/potential-field.js';
import { formatShape } from '../../../src/shapes.js';
import { ensure, ensureClose, ensureThrows } from '../check.js';
import { largestGap } from '../draws.js';
import { closely, nearly, read } from '../numerics.js';
import type { Subject } from './subject.js';

export async function matchesJacobian(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const [rows, count] = [3, 2];
  subject.perturb();
  const [z, context] = [subject.normal('z', [rows, dims]), subject.context(rows)];
  for (const [what, t] of [
    ['one time', subject.time()],
    ['times', subject.times(rows)],
  ] as const) {
    const expected = await subject.jacobians(t, z, context);
    const velocity = await read(tf.tidy(() => subject.velocity(t, z, context)));
    for (const shared of [1, rows]) {
      const directions = subject.normal(`directions ${shared}`, [shared, count, dims]);
      const [f, products] = field.jacobianProducts(t, z, directions, context);
      ensure(
        formatShape(products.shape) === formatShape([rows, count, dims]),
        `${what}: ${formatShape(products.shape)}`,
      );
      ensureClose(`velocity beside products, ${what}`, await read(f), velocity, nearly);
      const [found, given] = [await read(products), await directions.data<'float32'>()];
      const right: number[] = [];
      const left: number[] = [];
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < count; k++) {
          const at = ((shared === 1 ? 0 : row) * count + k) * dims;
          const v = given.subarray(at, at + dims);
          right.push(...timesVector(expected[row], v, false));
          left.push(...timesVector(expected[row], v, true));
        }
      }
      const errors = [right, left].map((side) => largestGap(found, side));
      ensure(
        Math.min(...errors) < 1e-4,
        `${what}: products differ from J v by ${errors[0]}, from Jᵀ v by ${errors[1]}`,
      );
    }
  }
}

export async function matchesRates(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const [rows, count] = [4, 3];
  subject.perturb();
  const [t, z, context] = [subject.times(rows), subject.normal('z', [rows, dims]), subject.context(rows)];
  const probes = subject.normal('probes', [rows, count, dims]);
  const jacobians = await subject.jacobians(t, z, context);
  const velocity = await read(tf.tidy(() => subject.velocity(t, z, context)));
  const given = await probes.data<'float32'>();
  const exact = {
    divergence: jacobians.map((jacobian) => sumOver(dims, (i) => jacobian[i * dims + i])),
    jacobian: jacobians.map((jacobian) => sumOver(dims * dims, (i) => jacobian[i] ** 2)),
    kinetic: jacobians.map((_, row) => sumOver(dims, (i) => velocity[row * dims + i] ** 2)),
  };
  const probed = (transposed: boolean, rate: (v: Float32Array, product: number[]) => number) =>
    jacobians.map((jacobian, row) => {
      const values = Array.from({ length: count }, (_, k) => {
        const v = given.subarray((row * count + k) * dims, (row * count + k + 1) * dims);
        return rate(v, timesVector(jacobian, v, transposed));
      });
      return values.reduce((sum, value) => sum + value, 0) / count;
    });
  const rates = ['divergence', 'kinetic', 'jacobian'] as const;
  for (const withProbes of [false, true]) {
    const found = field.rates(t, z, context, withProbes ? probes : null, rates);
    ensureClose('velocity beside rates', await read(found[0]), velocity, nearly);
    const [divergence, kinetic, jacobian] = [await read(found[1]), await read(found[2]), await read(found[3])];
    ensureClose('kinetic', kinetic, exact.kinetic, closely);
    if (!withProbes) {
      ensureClose('divergence', divergence, exact.divergence, closely);
      ensureClose('jacobian', jacobian, exact.jacobian, closely);
      continue;
    }
    // Whoever has a closed form of the trace has no use for probes.
    const estimate = field.usesProbes(['divergence'])
      ? probed(false, (v, product) => sumOver(dims, (i) => v[i] * product[i]))
      : exact.divergence;
    ensureClose('divergence by probes', divergence, estimate, closely);
    const norms = [false, true].map((transposed) =>
      probed(transposed, (_, product) => sumOver(dims, (i) => product[i] ** 2)),
    );
    const errors = norms.map((norm) => largestGap(jacobian, norm.map((value) => value))); // prettier-ignore
    ensure(
      Math.min(...errors) < 1e-3 * (1 + Math.max(...norms[0], ...norms[1])),
      `jacobian by probes: ${errors.join(' or ')} away`,
    );
  }
  // Each rate alone is what it is among others.
  for (const rate of subject.rates) {
    const [f, alone] = field.rates(t, z, context, null, [rate]);
    const [together, all] = [subject.rates.indexOf(rate) + 1, field.rates(t, z, context, null, subject.rates)];
    ensure(formatShape(alone.shape) === formatShape([rows]), `${rate}: ${formatShape(alone.shape)}`);
    ensureClose(`${rate} alone`, await read(alone), await all[together].data<'float32'>(), closely);
    tf.dispose([f, ...all]);
  }
  if (!(field instanceof PotentialField)) {
    ensureThrows('hjb of a field without potential', FlowConfigError, () => field.rates(t, z, context, null, ['hjb']));
  }
}

/** `J v` or `Jᵀ v`. */
function timesVector(jacobian: Float64Array, v: Float32Array, transposed: boolean): number[] {
  const dims = v.length;
  return Array.from({ length: dims }, (_, i) =>
    sumOver(dims, (j) => jacobian[transposed ? j * dims + i : i * dims + j] * v[j]),
  );
}

function sumOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}
