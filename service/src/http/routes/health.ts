import type { FastifyInstance } from 'fastify';
import { Problem } from '../problem.js';

/** Whether the process lives, and whether it takes requests; for anybody to ask. */
export function healthRoutes(app: FastifyInstance, isReady: () => boolean): void {
  const ready = async () => {
    if (isReady()) return { ready: true };
    throw new Problem(503, 'The service is not ready.', { headers: { 'retry-after': '5' } });
  };
  const tags = ['health'];
  for (const path of ['/health/live', '/v2/health/live']) {
    app.get(path, { schema: { tags, summary: 'Whether the process lives' }, logLevel: 'warn' }, async () => ({ live: true })); // prettier-ignore
  }
  for (const path of ['/health/ready', '/v2/health/ready']) {
    app.get(path, { schema: { tags, summary: 'Whether it takes requests' }, logLevel: 'warn' }, ready);
  }
}
