import {
  flowMatching,
  negativeLogLikelihood,
  optimalTransport,
  reverseKl,
  type Energy,
  type Objective,
} from 'tfjs-flows';
import type { FlowEntry } from '../catalogue/flows.js';

/** What a run makes small. */
export function objectiveFor(entry: FlowEntry, energy: Energy | null): Objective {
  if (energy) return reverseKl(energy, { gradient: entry.gradient });
  return entry.objective === 'flowMatching' ? flowMatching({ coupling: optimalTransport() }) : negativeLogLikelihood;
}
