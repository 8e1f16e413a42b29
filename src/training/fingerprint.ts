import { FlowConfigError } from '../errors.js';
import type { Table } from './data/table.js';
import type { Plan } from './plan.js';

/** The options a resumed run must share with the one it continues, as plain JSON. */
export type Fingerprint = Readonly<Record<string, unknown>>;

/** Steps at which a schedule is compared: 0 and the powers of two up to a million. */
const SAMPLED_STEPS = [0, ...Array.from({ length: 21 }, (_, i) => 2 ** i)];

/**
 * Everything that decides what a step does. The number of epochs or steps is left out, so that a finished run can be
 * taken further; a schedule that depends on it still has to match.
 */
export function fingerprint(plan: Plan): Fingerprint {
  const { optimizer, schedule, totalSteps, validation } = plan;
  return {
    seed: plan.root.key,
    data: describe(plan.table),
    validation: validation && describe(validation),
    batchSize: plan.batchSize,
    objective: plan.objective.name,
    optimizer: { name: optimizer.className, ...optimizer.getConfig() },
    learningRate: plan.learningRate,
    schedule: SAMPLED_STEPS.map((step) => schedule(step, totalSteps)),
    clipNorm: plan.clipNorm,
    earlyStopping: plan.earlyStopping,
    keepBest: plan.keepBest,
    ema: plan.ema,
  };
}

/** @throws FlowConfigError naming the first option that differs. */
export function checkFingerprint(saved: Fingerprint, current: Fingerprint, url: string): void {
  for (const option of Object.keys(current)) {
    const [before, now] = [saved[option], current[option]].map((value) => JSON.stringify(value) ?? 'nothing');
    if (before === now) continue;
    throw new FlowConfigError('fit.checkpoint', {
      expected: `${option} as in the run saved at ${url}, ${shorten(before)}`,
      got: shorten(now),
      hint: 'Give the same options, another `url`, or `resume: false` to start over.',
    });
  }
}

function describe(table: Table): string {
  return `${table.rows} rows, checksum ${table.digest.toString(16)}`;
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
