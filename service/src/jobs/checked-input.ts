import { FlowConfigError } from 'tfjs-flows';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';

/**
 * The input of a job, which has been seen to be one.
 *
 * @throws FlowConfigError for any other.
 */
export function checkedInput<Schema extends TSchema>(schema: Schema, kind: string, expected: string, input: unknown): Static<Schema> {
  if (Value.Check(schema, input)) return input as Static<Schema>;
  const [first] = Value.Errors(schema, input);
  const got = first ? `at ${first.instancePath || '/'}: ${first.message}` : 'something else';
  throw new FlowConfigError(`${kind} job`, { expected, got });
} // prettier-ignore
