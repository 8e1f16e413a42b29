import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowConfigError, FlowNumericsError, FlowShapeError, odeSolve, ready, type OdeOptions } from 'tfjs-flows';
import { assertClose } from '../support/close.js';
import { driven, lotkaVolterra, oscillator } from '../support/ode-problems.js';

test.before(() => ready());

const decaying = (_: Tensor, y: Tensor) => tf.neg(y);

/** `dy/dt = -λ y + cos t`, with a rate `λ` for each row. */
const rated = (t: Tensor, y: Tensor, [rate]: readonly Tensor[]) => tf.add(tf.neg(tf.mul(rate, y)), tf.cos(t));

function solveRates(rates: readonly number[], options: Partial<OdeOptions<Tensor>>): number[] {
  return tf.tidy(() => {
    const inputs = [tf.tensor2d(rates.map((rate) => [rate]))];
    const { y } = odeSolve<Tensor>(rated, tf.ones([rates.length, 1]), { to: 3, ...options, inputs });
    return Array.from(y.dataSync());
  });
}

test('a state may have any shape, and any number of parts', (t) => {
  tf.tidy(() => {
    const image = tf.ones([2, 3, 4]);
    const { y } = odeSolve((_, x: Tensor) => tf.neg(x), image, { to: 1 });
    t.deepEqual(y.shape, [2, 3, 4]);
    assertClose(t, y, new Float32Array(24).fill(Math.exp(-1)), 1e-5);

    const { y: parts } = odeSolve((_, [x, v]: Tensor[]) => [v, tf.neg(x)], [tf.ones([2]), tf.zeros([2])], { to: 1 });
    t.deepEqual(
      parts.map(({ shape }) => shape),
      [[2], [2]],
    );
    assertClose(t, parts[0], [Math.cos(1), Math.cos(1)], 1e-4);
    assertClose(t, parts[1], [-Math.sin(1), -Math.sin(1)], 1e-4);
  });
});

test('time broadcasts against the first part', (t) => {
  for (const grouping of ['batch', 'per-row'] as const) {
    tf.tidy(() => {
      const shapes: number[][] = [];
      const f = (time: Tensor, y: Tensor) => {
        shapes.push(time.shape);
        return tf.add(tf.mul(time, tf.onesLike(y)), tf.mul(y, 0));
      };
      const { y } = odeSolve(f, tf.zeros([3, 2, 2]), { to: 2, grouping });
      assertClose(t, y, new Float32Array(12).fill(2), 1e-5);
      t.deepEqual(shapes[0], [grouping === 'batch' ? 1 : 3, 1, 1]);
    });
  }
});

test('a right-hand side may compare, also where a method or a gradient differentiates it', (t) => {
  // Up by 1/2 until then, down by exp(-1/2) after, as y stays below 1.
  const f = (time: Tensor, y: Tensor) => {
    const falling = tf.where(tf.lessEqual(y, 1), tf.neg(y), tf.mul(y, -2));
    return tf.where(tf.logicalAnd(tf.less(time, 0.5), tf.isFinite(y)), tf.onesLike(y), falling);
  };
  for (const method of ['dopri5', 'rosenbrock23', 'rodas4'] as const) {
    tf.tidy(() => {
      const options = { to: 1, method, stopAt: [0.5], rtol: 1e-5, atol: 1e-5 };
      const solve = (y0: Tensor) => odeSolve(f, y0, options).y;
      const y0 = tf.tensor2d([[0.1], [0.3]]);
      const rest = Math.exp(-0.5);
      assertClose(t, solve(y0), [0.6 * rest, 0.8 * rest], 1e-4, method);
      assertClose(t, tf.grad((y: Tensor) => tf.sum(solve(y)))(y0), [rest, rest], 1e-3, `gradient, ${method}`);
    });
  }
});

test('evaluations are two to set out and six for each step tried', (t) => {
  for (const method of ['dopri5', 'tsit5'] as const) {
    tf.tidy(() => {
      let calls = 0;
      const f = (time: Tensor, y: Tensor) => {
        calls++;
        return driven.tensors(time, y);
      };
      const { steps, rejected, evaluations } = odeSolve(f, tf.ones([1, 1]), { to: 6, method });
      t.true(steps > 5 && rejected > 0);
      t.is(evaluations, 2 + 6 * (steps + rejected));
      t.is(calls, evaluations);
    });
  }
});

test('methods whose last stage is not the first of the next step evaluate it once more, but not after a rejection', (t) => {
  tf.tidy(() => {
    const { steps, rejected, evaluations } = odeSolve(driven.tensors, tf.ones([1, 1]), { to: 6, method: 'heun2', rtol: 1e-3, atol: 1e-3 }); // prettier-ignore
    t.true(rejected > 0);
    t.is(evaluations, 2 + (steps - 1) + (steps + rejected));
  });
});

test('equal steps take the evaluations of their stages and no more', (t) => {
  tf.tidy(() => {
    const count = (method: 'dopri5' | 'rk4' | 'euler') =>
      odeSolve(decaying, tf.ones([1, 1]), { to: 1, method, steps: 10 }).evaluations;
    t.is(count('rk4'), 40);
    t.is(count('euler'), 10);
    t.is(count('dopri5'), 61);
  });
});

test('saved states lie on the solution, in both directions', (t) => {
  for (const grouping of ['batch', 'per-row'] as const) {
    tf.tidy(() => {
      const saveAt = [0, 0.3, 1, 1.01, 2.5, 4];
      const start = tf.tensor2d([[1, 0], [0, 2]]); // prettier-ignore
      const { saved, y } = odeSolve(oscillator.tensors, start, { to: 4, saveAt, grouping });
      const expected = (s: number) => [Math.cos(s), -Math.sin(s), 2 * Math.sin(s), 2 * Math.cos(s)];
      saveAt.forEach((time, i) => assertClose(t, saved[i], expected(time), 1e-4, `at ${time}`));
      assertClose(t, saved.at(-1)!, y, 1e-6);
      t.deepEqual(saved[0].dataSync(), start.dataSync());

      const back = odeSolve(oscillator.tensors, y, { from: 4, to: 0, saveAt: [2.5, 1], grouping }).saved;
      assertClose(t, back[0], expected(2.5), 1e-3);
      assertClose(t, back[1], expected(1), 1e-3);
    });
  }
});

test('what is saved does not change how steps are taken', (t) => {
  tf.tidy(() => {
    const plain = odeSolve(driven.tensors, tf.ones([1, 1]), { to: 6 });
    const saving = odeSolve(driven.tensors, tf.ones([1, 1]), { to: 6, saveAt: [1, 2, 3, 4, 5] });
    t.is(saving.evaluations, plain.evaluations);
    t.deepEqual(saving.y.dataSync(), plain.y.dataSync());
  });
});

test('times that are ends of equal steps are saved, however they are rounded', (t) => {
  tf.tidy(() => {
    const saveAt: number[] = [];
    for (let time = 0.1; saveAt.length < 9; time += 0.1) saveAt.push(time);
    for (const times of [saveAt, saveAt.map((_, i) => (i + 1) / 10)]) {
      const { saved } = odeSolve(decaying, tf.ones([1, 1]), { to: 1, method: 'rk4', steps: 10, saveAt: times });
      times.forEach((time, i) => assertClose(t, saved[i], [Math.exp(-time)], 1e-5, `at ${time}`));
    }
  });
});

test('a jump of the right-hand side at a stop costs no step', (t) => {
  for (const direction of [1, -1]) {
    tf.tidy(() => {
      const f = (time: Tensor, y: Tensor) =>
        tf.add(tf.where(tf.less(tf.mul(time, direction), 1), tf.fill(time.shape, 1), tf.fill(time.shape, 100)), tf.mul(y, 0)); // prettier-ignore
      const stop = direction;
      const start = tf.zeros([1, 1]);
      const options = { to: 2 * direction, saveAt: [stop, 1.5 * stop] };
      const { y, saved, rejected, steps } = odeSolve(f, start, { ...options, stopAt: [stop] });
      assertClose(t, y, [101 * direction], 1e-6);
      assertClose(t, saved[0], [direction], 1e-5);
      assertClose(t, saved[1], [51 * direction], 1e-6);
      t.is(rejected, 0);
      t.true(steps < 10);
      // Unknown to the solver it is found by many steps that fail.
      t.true(odeSolve(f, start, options).rejected > 10);
    });
  }
});

test('a stop does not make the steps after it short', (t) => {
  tf.tidy(() => {
    const plain = odeSolve(oscillator.tensors, tf.tensor2d([[1, 0]]), { to: 20 });
    const stopping = odeSolve(oscillator.tensors, tf.tensor2d([[1, 0]]), { to: 20, stopAt: [10, 10.0001] });
    t.true(stopping.steps <= plain.steps + 3, `${stopping.steps} and ${plain.steps}`);
    assertClose(t, stopping.y, [Math.cos(20), -Math.sin(20)], 1e-3);
  });
});

/** Bodies that fall from rest; `y` is `[height, velocity]`. */
const falling = (_: Tensor, y: Tensor) => tf.concat([tf.slice(y, [0, 1], [-1, 1]), tf.fill([y.shape[0], 1], -9.81)], 1);
const ground = (_: Tensor, y: Tensor) => tf.squeeze(tf.slice(y, [0, 0], [-1, 1]), [1]);

test('an event ends each row at its own time', (t) => {
  for (const grouping of ['batch', 'worst-row', 'per-row'] as const) {
    tf.tidy(() => {
      const heights = [5, 20, 500];
      const start = tf.tensor2d(heights.map((height) => [height, 0]));
      const { y, times, events } = odeSolve(falling, start, { to: 5, event: ground, grouping });
      t.deepEqual([...events], [true, true, false]);
      for (const row of [0, 1]) {
        const time = Math.sqrt((2 * heights[row]) / 9.81);
        t.true(Math.abs(times[row] - time) < 1e-5, `row ${row}: ${times[row]} against ${time}`);
        const [height, velocity] = y.dataSync().slice(2 * row, 2 * row + 2);
        t.true(Math.abs(height) < 1e-4);
        t.true(Math.abs(velocity + 9.81 * time) < 1e-4);
      }
      t.is(times[2], 5);
      assertClose(t, y.dataSync().slice(4), [500 - (9.81 * 25) / 2, -9.81 * 5], 1e-4);
    });
  }
});

test('an event may lie backward in time, and depend on time', (t) => {
  tf.tidy(() => {
    const event = (time: Tensor, y: Tensor) => tf.reshape(tf.sub(tf.add(time, 1.25), tf.mul(y, 0)), [y.shape[0]]);
    const { y, times } = odeSolve(decaying, tf.ones([2, 1]), { from: 0, to: -3, event });
    for (const time of times) t.true(Math.abs(time + 1.25) < 1e-6);
    assertClose(t, y, [Math.exp(1.25), Math.exp(1.25)], 1e-5);
  });
});

test('with every row for itself a row whose event has happened goes no further', (t) => {
  tf.tidy(() => {
    // 1 / (1/y0 - t): the first row is infinite at time 1, the event of the second happens at 3.9.
    const event = (_: Tensor, y: Tensor) => tf.sub(tf.squeeze(y, [1]), 10);
    const start = tf.tensor2d([[1], [0.25]]);
    const { times } = odeSolve((_, y: Tensor) => tf.square(y), start, { to: 8, event, grouping: 'per-row' });
    assertClose(t, times, [0.9, 3.9], 1e-5);
  });
});

test('with every row for itself no row changes what becomes of another', (t) => {
  for (const method of ['dopri5', 'bosh3', 'rodas4'] as const) {
    const options = { method, grouping: 'per-row' } as const;
    const [mild] = solveRates([0.5, 80], options);
    const [other] = solveRates([0.5, 3], options);
    t.is(mild, other, method);
    const [alone] = solveRates([0.5], options);
    t.true(Math.abs(mild - alone) < 1e-6, `${method}: ${mild} and ${alone}`);
    t.not(solveRates([0.5, 80], { method })[0], solveRates([0.5, 3], { method })[0]);
  }
});

test('the worst row is as exact as it would be alone, the mean lets it be worse', (t) => {
  const rates = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 40];
  const exact = (rate: number, time: number) => {
    const particular = (s: number) => (rate * Math.cos(s) + Math.sin(s)) / (rate * rate + 1);
    return (1 - particular(0)) * Math.exp(-rate * time) + particular(time);
  };
  for (const grouping of ['batch', 'worst-row', 'per-row'] as const) {
    const values = solveRates(rates, { grouping, rtol: 1e-4, atol: 1e-4 });
    values.forEach((value, row) => t.true(Math.abs(value - exact(rates[row], 3)) < 1e-3, `${grouping}, row ${row}`));
  }
  const stepsBy = (grouping: 'batch' | 'worst-row') =>
    tf.tidy(() => {
      const inputs = [tf.tensor2d(rates.map((rate) => [rate]))];
      return odeSolve<Tensor>(rated, tf.ones([8, 1]), { to: 0.2, inputs, grouping }).steps;
    });
  t.true(stepsBy('worst-row') > stepsBy('batch'));
});

test('the length of the first step is taken as given', (t) => {
  tf.tidy(() => {
    const { evaluations, steps, rejected } = odeSolve(decaying, tf.ones([1, 1]), { to: 1, firstStep: 0.05 });
    t.is(evaluations, 1 + 6 * (steps + rejected));
    t.throws(() => odeSolve(decaying, tf.ones([1, 1]), { to: 1, firstStep: 0 }), { message: /firstStep/ });
  });
});

test('proportional control takes other steps to the same solution', (t) => {
  tf.tidy(() => {
    const solve = (stepControl: { integral?: number; proportional?: number }) =>
      odeSolve(lotkaVolterra.tensors, tf.tensor2d([[2, 1]]), { to: 8, stepControl });
    const [plain, calm] = [solve({}), solve({ integral: 0.3, proportional: 0.4 })];
    t.not(calm.evaluations, plain.evaluations);
    t.true(calm.rejected <= plain.rejected);
    for (const { y } of [plain, calm]) assertClose(t, y, lotkaVolterra.solution(8), 1e-4);
  });
});

test('an empty batch gives empty results', (t) => {
  tf.tidy(() => {
    for (const method of ['dopri5', 'rodas4'] as const) {
      const { y, saved, times } = odeSolve(decaying, tf.zeros([0, 3]), { to: 1, saveAt: [0.5], method });
      t.deepEqual(
        [y.shape, saved[0].shape],
        [
          [0, 3],
          [0, 3],
        ],
      );
      t.is(times.length, 0);
    }
  });
});

test('nothing is left behind, whatever happens', (t) => {
  const start = tf.tensor2d([[1, 0], [0, 1]]); // prettier-ignore
  const before = tf.memory().numTensors;
  for (const method of ['dopri5', 'rk4', 'rosenbrock23', 'rodas4'] as const) {
    for (const grouping of ['batch', 'per-row'] as const) {
      const steps = method === 'rk4' ? 10 : null;
      const event = (_: Tensor, y: Tensor) => tf.sub(tf.squeeze(tf.slice(y, [0, 0], [-1, 1]), [1]), 0.5);
      const solve = (options: Partial<OdeOptions<Tensor>>) =>
        odeSolve<Tensor>(oscillator.tensors, start, { to: 2, method, grouping, steps, ...options });
      const { y, saved } = solve({ saveAt: [0, 0.5, 2], stopAt: [1], event });
      t.is(tf.memory().numTensors, before + 1 + saved.length, `${method}, ${grouping}`);
      tf.dispose([y, ...saved]);
      if (!steps) t.throws(() => solve({ maxSteps: 2, rtol: 1e-6 }), { instanceOf: FlowNumericsError });
      t.throws(() => odeSolve((_, y: Tensor) => tf.mul(y, NaN), start, { to: 2, method, grouping, steps }));
      t.is(tf.memory().numTensors, before, `${method}, ${grouping}`);
    }
  }
  start.dispose();
});

test('too many steps are an error that says how far they led', (t) => {
  tf.tidy(() => {
    const error = t.throws(() => odeSolve(oscillator.tensors, tf.tensor2d([[1, 0]]), { to: 100, maxSteps: 10 }), {
      instanceOf: FlowNumericsError,
    });
    t.regex(error.message, /^odeSolve: expected at most 10 steps, got time [\d.]+ after as many\. Loosen/);
  });
});

test('a right-hand side that is not finite is named by time and row', (t) => {
  tf.tidy(() => {
    // The root of 1 - t ends at time 1, and of the second row only.
    const f = (time: Tensor, y: Tensor, [speed]: readonly Tensor[]) =>
      tf.add(tf.sqrt(tf.sub(1, tf.mul(speed, time))), tf.mul(y, 0));
    const inputs = [tf.tensor2d([[0.1], [1]])];
    for (const grouping of ['batch', 'worst-row', 'per-row'] as const) {
      const error = t.throws(() => odeSolve<Tensor>(f, tf.ones([2, 1]), { to: 2, inputs, grouping }), {
        instanceOf: FlowNumericsError,
        message: /expected a vector field that is finite along the path, got .* at time (1|0\.999\d*) in row 1\./,
      });
      t.is(error.row, 1);
    }
    t.throws(() => odeSolve<Tensor>(f, tf.ones([2, 1]), { to: 2, inputs, method: 'rk4', steps: 8 }), {
      message: /in row 1/,
    });
    const start = tf.tensor2d([[1], [NaN]]);
    t.throws(() => odeSolve(decaying, start, { to: 1 }), { message: /at time 0 in row 1/ });
  });
});

test('steps too short for float32 times are an error', (t) => {
  tf.tidy(() => {
    const start = tf.tensor2d([[0.1], [1]]);
    const solve = (grouping: 'batch' | 'per-row') =>
      odeSolve((_, y: Tensor) => tf.square(y), start, { to: 2, grouping });
    t.throws(() => solve('batch'), {
      instanceOf: FlowNumericsError,
      message: /steps long enough to tell float32 times apart, got a step of [\d.e-]+ at time (1|0\.999\d*)\./,
    });
    t.throws(() => solve('per-row'), { message: /in row 1/ });
  });
});

test('a right-hand side has to give what is like y', (t) => {
  tf.tidy(() => {
    const wrong = (f: (t: Tensor, y: Tensor) => Tensor) => () => odeSolve(f, tf.ones([2, 3]), { to: 1 });
    t.throws(wrong((_, y) => tf.sum(y, 1, true)), { instanceOf: FlowShapeError, message: /f to give what is like y, \[2, 3\], got \[2, 1\]/ }); // prettier-ignore
    const parts = (slopes: (y: Tensor[]) => Tensor[]) => () =>
      odeSolve((_, y: Tensor[]) => slopes(y), [tf.ones([2, 3]), tf.ones([2])], { to: 1 });
    t.throws(
      parts(([x]) => [x]),
      { instanceOf: FlowShapeError, message: /f to give 2 parts, got 1/ },
    );
    t.throws(
      parts(([x, y]) => [x, y, y]),
      { instanceOf: FlowShapeError, message: /f to give 2 parts, got 3/ },
    );
    t.throws(() => odeSolve(decaying, tf.scalar(1), { to: 1 }), { instanceOf: FlowShapeError });
    t.throws(() => odeSolve(decaying, tf.ones([2, 1]), { to: 1, inputs: [tf.ones([3, 1])] }), { instanceOf: FlowShapeError }); // prettier-ignore
  });
});

const REFUSED: readonly [string, Partial<OdeOptions<Tensor>>, RegExp][] = [
  ['no way to go', { from: 1, to: 1 }, /odeSolve\.to: expected two different finite times/],
  ['an infinite way', { to: Infinity }, /odeSolve\.to/],
  ['no tolerance', { rtol: 0 }, /odeSolve\.rtol: expected a number in \(0, 1\), got 0/],
  ['a negative tolerance', { atol: -1 }, /odeSolve\.atol: expected a positive number, got -1/],
  ['an unknown method', { method: 'rk5' as 'rk4' }, /odeSolve\.method: expected one of dopri5, .*rodas4, got "rk5"/],
  ['error control without an estimate', { method: 'rk4' }, /odeSolve\.steps: .* rk4 has no error estimate/],
  ['half a step', { steps: 2.5 }, /odeSolve\.steps/],
  ['more steps than allowed', { steps: 10, maxSteps: 5 }, /odeSolve\.maxSteps/],
  ['an unknown grouping', { grouping: 'rows' as 'batch' }, /odeSolve\.grouping/],
  ['a time to save outside', { saveAt: [0.5, 2] }, /odeSolve\.saveAt: expected times from 0 to 1.*got 2 at index 1/],
  ['times to save in disorder', { saveAt: [0.5, 0.25] }, /odeSolve\.saveAt/],
  ['a stop outside', { stopAt: [-1] }, /odeSolve\.stopAt/],
  ['an adjoint of an implicit method', { method: 'rodas4', gradient: 'adjoint' }, /odeSolve\.gradient/],
];

for (const [what, options, message] of REFUSED) {
  test(`refused: ${what}`, (t) => {
    tf.tidy(() => {
      t.throws(() => odeSolve<Tensor>(decaying, tf.ones([1, 1]), { to: 1, ...options }), {
        instanceOf: FlowConfigError,
        message,
      });
    });
  });
}
