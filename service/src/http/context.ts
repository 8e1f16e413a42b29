import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify'; // prettier-ignore
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { ModelRegistry, ModelVersion } from '../registry/model-registry.js';
import type { Limits } from './limits.js';
import { Problem } from './problem.js';
import type { Scoring } from './scoring.js';
import type { ServiceJobs } from './service-jobs.js';

/** What routes work with. */
export interface Context {
  readonly registry: ModelRegistry;
  readonly jobs: ServiceJobs;
  readonly scoring: Scoring;
  readonly limits: Limits;
  /** Folder of tables that callers may name; null for none. */
  readonly inputs: string | null;
  /** For files that are on their way into the registry. */
  readonly incoming: string;
}

/** The server, its schemas being types too. */
export type App = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>; // prettier-ignore

/**
 * The model that a path names.
 *
 * @throws Problem 404 where there is none.
 */
export function modelOf({ registry }: Context, { name, version }: { readonly name: string; readonly version?: string }): ModelVersion {
  const found = registry.get(name, version === undefined ? undefined : Number(version));
  if (found) return found;
  throw new Problem(404, `There is no model ${JSON.stringify(name)}${version === undefined ? '' : `, version ${version}`}.`);
} // prettier-ignore
