import { sizeOf } from '../../../src/shapes.js';
import { ensureClose } from '../check.js';
import { extremes } from '../draws.js';
import { largestOf } from '../numerics.js';
import { onCpu } from '../on-cpu.js';
import { gradients } from './gradients.js';
import { DIRECTIONS, type Direction, type Subject } from './subject.js';

/** Images, log-determinants and all gradients beside those of the cpu backend, for which tests in Node show them to be right. */
export async function agreesWithCpu(subject: Subject): Promise<void> {
  subject.perturb(0.3);
  for (const direction of DIRECTIONS) {
    const here = await evaluate(subject, direction);
    const there = await onCpu(() => evaluate(subject, direction));
    const near = (entry: number) => 1e-3 * (1 + Math.abs(entry));
    ensureClose(`image of ${direction}`, here.value, there.value, near);
    ensureClose(`log-det of ${direction}`, here.logDet, there.logDet, near);
    for (const [name, slopes] of there.slopes) {
      const allowed = 5e-3 * (1 + largestOf(slopes));
      ensureClose(`${direction}: gradient of ${name}`, here.slopes.get(name) ?? [], slopes, () => allowed);
    }
  }
}

async function evaluate(subject: Subject, direction: Direction) {
  // As many rows as the check of extremes takes: a GPU compiles its programs for each shape.
  const batch = 2 * extremes(subject.domain(direction), subject.bijector).length;
  const start = subject.draw(direction, batch, 'agreement');
  const weights = subject.stream.split('weights').normal(batch * sizeOf(subject.shapeAfter(direction)));
  const { value, logDet } = await subject.apply(direction, start);
  const { byInput, byPath } = await gradients(subject, direction, start, weights);
  return { value, logDet, slopes: new Map([['input', byInput], ...byPath]) };
}
