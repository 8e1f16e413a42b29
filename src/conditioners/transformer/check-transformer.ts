import { FlowConfigError } from '../../errors.js';
import { checkInteger } from '../check.js';

/** What a transformer normalises the tokens with. */
export type NormName = 'layer' | 'rms';

/** @throws FlowConfigError unless `epsilon` is a positive number. */
export function checkEpsilon(where: string, epsilon: number): void {
  if (!(epsilon > 0 && Number.isFinite(epsilon))) {
    throw new FlowConfigError(where, { expected: 'a positive number', got: String(epsilon) });
  }
}

/** @throws FlowConfigError unless both are positive integers and every head gets an equal part of the width. */
export function checkHeads(where: string, width: number, heads: number): void {
  checkInteger(`${where}.width`, width);
  checkInteger(`${where}.heads`, heads);
  if (width % heads !== 0) {
    throw new FlowConfigError(`${where}.heads`, { expected: `a divisor of the width ${width}`, got: String(heads) });
  }
}

/** @throws FlowConfigError for a name that is not a {@link NormName}. */
export function checkNorm(where: string, norm: NormName): void {
  if (norm !== 'layer' && norm !== 'rms') {
    throw new FlowConfigError(where, { expected: "'layer' or 'rms'", got: `'${String(norm)}'` });
  }
}
