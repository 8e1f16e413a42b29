import * as tf from '@tensorflow/tfjs-core';
import { Adam, cosine, effectiveSampleSize, fit, OctupoleRotor, RandomStream, reverseKl, rotationFlow, type StepRecord } from 'tfjs-flows'; // prettier-ignore
import type { Backend } from '../protocol.js';
import { Gate } from '../worker/gate.js';
import { openEngine } from '../worker/open-engine.js';
import { exactDirections } from './octupole.js';
import { DRAWS, type RotationCommand, type RotationReport, type RotationSettings } from './protocol.js';

interface Scope {
  postMessage(message: RotationReport): void;
  onmessage: ((event: MessageEvent<RotationCommand>) => void) | null;
}

const scope = globalThis as unknown as Scope;
const post = (report: RotationReport) => scope.postMessage(report);

const FRAME_INTERVAL = 60;
const FRAME_SHARE = 3;
/** Area of the sphere of quaternions, over which flows of rotations are densities. */
const LOG_AREA = Math.log(2 * Math.PI ** 2);

const gate = new Gate(true);
let abort = new AbortController();
let running: Promise<void> = Promise.resolve();
let opened: Promise<void> = Promise.resolve();

scope.onmessage = ({ data: command }) => {
  switch (command.type) {
    case 'open':
      opened = openEngine(command.backend).then(
        ({ backend }) => post({ type: 'opened', backend: backend as Backend }),
        (error: Error) => post({ type: 'problem', run: 0, message: error.message }),
      );
      return;
    case 'run': {
      abort.abort();
      gate.open();
      const { signal } = (abort = new AbortController());
      const before = running;
      running = (async () => {
        await Promise.all([before, opened]);
        if (!signal.aborted) await train(command.run, command.settings, signal);
      })().catch((error: Error) => post({ type: 'problem', run: command.run, message: error.message }));
      return;
    }
    case 'play':
      return gate.open();
    case 'pause':
      return gate.close();
  }
};

/** Trains a flow of rotations on the energy alone. */
async function train(run: number, { strength, seed, steps }: RotationSettings, signal: AbortSignal): Promise<void> {
  using energy = new OctupoleRotor({ strength });
  using flow = rotationFlow({ transform: 'spline', layers: 8, bins: 8, seed });
  const exact = exactDirections(strength, DRAWS, new RandomStream(seed).split('exact'));
  const logZ = energy.logPartition + LOG_AREA;
  post({ type: 'started', run, exact, logZ, parameters: flow.parameterCount });
  let nextFrame = 0;
  let rate = { since: performance.now(), step: 0, value: 0 };

  const look = async ({ step, loss, gradientNorm }: StepRecord) => {
    const began = performance.now();
    if (began - rate.since > 500) rate = { since: began, step, value: (1000 * (step - rate.step)) / (began - rate.since) };
    const [q, logWeight] = tf.tidy(() => {
      const [x, logProb] = flow.sampleAndLogProb(DRAWS, { seed: `${seed}/draws` });
      return [x, tf.neg(tf.add(energy.energy(x), logProb))];
    });
    const [rotations, logWeights] = (await Promise.all([q.data(), logWeight.data()])) as Float32Array[];
    tf.dispose([q, logWeight]);
    const most = logWeights.reduce((a, b) => Math.max(a, b), -Infinity);
    const found = most + Math.log(logWeights.reduce((sum, w) => sum + Math.exp(w - most), 0) / DRAWS);
    const metrics = { step, loss: loss + logZ, gradientNorm, stepsPerSecond: rate.value, heldOut: null, ess: effectiveSampleSize(logWeights) / DRAWS };
    post({ type: 'frame', run, frame: { rotations, metrics, logZ: found } });
    nextFrame = performance.now() + Math.max(FRAME_INTERVAL, (FRAME_SHARE - 1) * (performance.now() - began));
  };

  let last: StepRecord | null = null;
  await fit(flow, {
    objective: reverseKl(energy, { gradient: 'path' }),
    steps,
    batchSize: 256,
    seed,
    optimizer: new Adam({ learningRate: 0.005 }),
    schedule: cosine({ floor: 0.02 }),
    clipNorm: 10,
    signal,
    callbacks: {
      onStep: async (step) => {
        last = step;
        if (performance.now() >= nextFrame) await look(step);
        if (gate.isOpen) return;
        await look(step);
        await gate.passed();
      },
      onWarning: () => {},
    },
  });
  if (signal.aborted || !last) return;
  await look(last);
  post({ type: 'ended', run });
} // prettier-ignore
