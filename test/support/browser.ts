import { fileURLToPath } from 'node:url';
import {
  openPage as openFile,
  type OpenPage,
  type PageFunctions,
  type PageOptions,
} from '../../support/browser/open-page.js';

/**
 * Opens `test/browser/pages/<name>.ts` in a browser of its own. Close the page when done.
 *
 * @example
 * import type * as backends from './pages/backends.js';
 * const page = await openPage<typeof backends>('backends');
 */
export function openPage<Functions extends PageFunctions>(
  name: string,
  options: PageOptions = {},
): Promise<OpenPage<Functions>> {
  return openFile(fileURLToPath(new URL(`../browser/pages/${name}.js`, import.meta.url)), options);
}
