import { randomUUID } from 'node:crypto';
import { FlowConfigError } from 'tfjs-flows';

/** Ids name files and folders, so they have no separators and do not begin with a dot. */
const PLAIN = /^[A-Za-z_][\w.-]{0,127}$/;

/**
 * A new id, or the given one.
 *
 * @throws FlowConfigError for one that could not name a file.
 */
export function jobId(given?: string): string {
  if (given === undefined) return `job-${randomUUID()}`;
  if (PLAIN.test(given)) return given;
  throw new FlowConfigError('JobQueue.submit', {
    expected: 'an id of letters, digits, ".", "-" and "_" that begins with a letter',
    got: JSON.stringify(given),
  });
}
