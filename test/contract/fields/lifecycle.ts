import { ensureClose } from '../check.js';
import { ensureTidy, rebuilt } from '../lifecycle.js';
import { read } from '../numerics.js';
import type { Subject } from './subject.js';

export async function rebuilds(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  subject.perturb();
  using copy = await rebuilt(field, subject.Class);
  const [t, z, context] = [subject.time(), subject.normal('z', [5, dims]), subject.context(5)];
  const [original, again] = [field, copy].map((one) => one.rates(t, z, context, null, subject.rates));
  for (const [k, tensor] of original.entries()) {
    ensureClose(`output ${k} of the copy`, await read(again[k]), await read(tensor), () => 0);
  }
}

export function frees(subject: Subject): void {
  const { dims, rates } = subject;
  const rows = 3;
  const [t, z, context] = [subject.time(), subject.normal('z', [rows, dims]), subject.context(rows)];
  const [points, v] = [subject.normal('z', [rows, ...subject.field.eventShape]), subject.normal('v', [rows, 2, dims])];
  ensureTidy(subject.make, [t, z, points, v], (field) => ({
    apply: () => [field.apply(0.3, points, context)],
    rates: () => field.rates(t, z, context, null, rates),
    'rates with probes': () => field.rates(t, z, context, v, rates),
    jacobianProducts: () => field.jacobianProducts(t, z, v, context),
    getConfig: () => (field.getConfig(), []),
  }));
}
