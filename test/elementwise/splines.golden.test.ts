import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { cubicSpline, linearSpline } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';

interface Points {
  readonly x: number[];
  readonly y: number[];
  readonly logdet: number[];
}

interface LinearCase extends Points {
  readonly tailBound: number;
  readonly pdf: number[][];
}

interface CubicCase extends Points {
  readonly widths: number[][];
  readonly heights: number[][];
  readonly derivLeft: number[];
  readonly derivRight: number[];
}

onEachBackend(test, 'linear splines agree with reference values both ways', (t) => {
  for (const { tailBound, pdf, x, y, logdet } of golden<LinearCase>('linear_spline').cases) {
    tf.tidy(() => {
      const forward = linearSpline(tf.tensor1d(x), tf.tensor2d(pdf), { tailBound });
      assertClose(t, forward.value, y, 1e-5, 'value');
      assertClose(t, forward.logDet, logdet, 1e-5, 'log-det');
      const inverse = linearSpline(tf.tensor1d(y), tf.tensor2d(pdf), { tailBound, inverse: true });
      assertClose(t, inverse.value, x, 1e-4, 'inverse');
      assertClose(t, inverse.logDet, logdet.map((l) => -l), 1e-4, 'inverse log-det'); // prettier-ignore
    });
  }
});

onEachBackend(test, 'cubic splines agree with reference values both ways', (t) => {
  for (const { widths, heights, derivLeft, derivRight, x, y, logdet } of golden<CubicCase>('cubic_spline').cases) {
    tf.tidy(() => {
      const ends = tf.stack([tf.tensor1d(derivLeft), tf.tensor1d(derivRight)], 1);
      const raw = tf.concat([tf.tensor2d(widths), tf.tensor2d(heights), ends], 1);
      const options = { interval: [0, 1], boundaries: 'bounded' } as const;
      const forward = cubicSpline(tf.tensor1d(x), raw, options);
      assertClose(t, forward.value, y, 1e-5, 'value');
      assertClose(t, forward.logDet, logdet, 1e-5, 'log-det');
      const inverse = cubicSpline(tf.tensor1d(y), raw, { ...options, inverse: true });
      assertClose(t, inverse.value, x, 1e-4, 'inverse');
      assertClose(t, inverse.logDet, logdet.map((l) => -l), 1e-4, 'inverse log-det'); // prettier-ignore
    });
  }
});
