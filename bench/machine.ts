import * as tf from '@tensorflow/tfjs-core';
import { cpus } from 'node:os';

/** One line about what runs the bench. */
export function describeMachine(): string {
  const [cpu] = cpus();
  return `${cpus().length} x ${cpu.model.trim()}; Node ${process.version}; TensorFlow.js ${tf.version_core}, ${tf.getBackend() ?? 'no'} backend`;
}
