import { FlowConfigError } from 'tfjs-flows';

/** What a model may be called: what is plain in a path, a URL and a shell. */
export const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** @throws FlowConfigError for a name that is none. */
export function checkModelName(where: string, name: string): void {
  if (MODEL_NAME.test(name)) return;
  throw new FlowConfigError(where, {
    expected: 'a name of letters, digits, ".", "-" and "_", at most 64, that begins with a letter or digit',
    got: JSON.stringify(name),
  });
}
