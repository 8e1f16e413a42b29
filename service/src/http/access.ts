import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';
import { ROLES, type Role } from './roles.js';
import type { Tokens } from './tokens.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller has to be allowed. */
    role?: Role;
  }
}

/** Names of this machine for itself. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Lets in who has a token for what is asked; all where no tokens were made, but then only by a name of this machine, so that no page
 * of another site can ask in a visitor's stead.
 */
export function guard(app: FastifyInstance, tokens: Tokens, open: boolean): void {
  app.addHook('onRoute', ({ config, url }) => {
    if (!config?.role) throw new Error(`Who may ask for ${url} is not said.`);
  });
  app.addHook('onRequest', async (request) => {
    refuseOtherSites(request);
    if ((await tokens.list()) === null) {
      if (open || LOOPBACK.has(hostOf(request.headers.host))) return;
      throw new Problem(403, 'Without tokens this service is asked by the name localhost.');
    }
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const entry = token === undefined ? null : await tokens.find(token);
    if (!entry) throw new Problem(401, 'A token is needed: Authorization: Bearer TOKEN.', { headers: { 'www-authenticate': 'Bearer' } }); // prettier-ignore
    const needed = request.routeOptions.config.role!;
    if (ROLES.indexOf(entry.role) >= ROLES.indexOf(needed)) return;
    throw new Problem(403, `This takes a token of role "${needed}"; yours has "${entry.role}".`);
  });
}

/** Browsers say which site a request comes from. */
function refuseOtherSites({ headers: { origin, host } }: FastifyRequest): void {
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) return;
  throw new Problem(403, 'Pages of other sites may not ask.');
}

function hostOf(host = ''): string {
  return host.replace(/:\d+$/, '');
}
