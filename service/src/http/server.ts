import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import multipart from '@fastify/multipart';
import statics from '@fastify/static';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { TypeBoxValidatorCompiler, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import underPressure from '@fastify/under-pressure';
import fastify from 'fastify';
import { FlowConfigError } from 'tfjs-flows';
import { tableHandlers } from '../jobs/handlers.js';
import { InProcessQueue } from '../jobs/in-process-queue.js';
import { hasEnded, type JobQueue } from '../jobs/job.js';
import { Threads } from '../jobs/threads.js';
import { lockFolder } from '../registry/folder-lock.js';
import { ModelRegistry } from '../registry/model-registry.js';
import { guard } from './access.js';
import type { App, Context } from './context.js';
import { limitsOf } from './check-limits.js';
import type { Limits } from './limits.js';
import { Metrics } from './metrics.js';
import { answerProblems } from './problem.js';
import { densityRoutes } from './routes/density.js';
import { healthRoutes } from './routes/health.js';
import { inferenceRoutes } from './routes/inference.js';
import { jobRoutes } from './routes/jobs.js';
import { modelRoutes } from './routes/models.js';
import { Scoring } from './scoring.js';
import { ServiceJobs } from './service-jobs.js';
import { Tokens } from './tokens.js';

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** Where models, jobs and tokens are kept; of one process. */
  readonly data: string;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: 8000; 0 takes one that is free. */
  readonly port?: number;
  /** Folder of tables that callers may name by their path in it. Default: none. */
  readonly inputs?: string;
  /** Jobs, and parts of jobs, at once. Default: 1. */
  readonly jobThreads?: number;
  /** Threads that score and draw for requests. Default: 1. */
  readonly scoringThreads?: number;
  readonly limits?: Partial<Limits>;
  /** Serves others than this machine though there are no tokens. Default: false. */
  readonly open?: boolean;
  /** Where jobs go. Default: into threads of this process. Handlers elsewhere see the same data folder, under the same path. */
  readonly queue?: JobQueue;
  /** Days after which jobs that have ended are forgotten; models stay. Default: 30. */
  readonly keepJobs?: number;
  /** Where log lines, JSON, go. Default: nowhere. */
  readonly log?: { readonly write: (line: string) => void };
}

/** A server that runs. */
export interface Server {
  readonly url: string;
  /** Answers what has come in, lets jobs be gone on with later, and lets go of the folder. */
  close(): Promise<void>;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);
const HOUR = 3_600_000;
/** Milliseconds in which the head of a request has to arrive. */
const HEADERS = 60_000;
/** Milliseconds between two looks for requests that do not arrive. */
const LOOK = 1000;

/** Milliseconds that requests have to be answered in when the service stops. */
const GRACE = 10_000;

/** Packages, where their scripts are asked for, and these. */
const SCRIPTS = [
  ['plotly.js-cartesian-dist-min', '/plotly/', 'plotly-cartesian.min.js'],
  ['papaparse', '/papaparse/', 'papaparse.min.js'],
] as const;

/** Scripts of the page are its own; Plotly writes styles. */
const PAGE_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; frame-ancestors 'none'"; // prettier-ignore

/**
 * Serves densities over HTTP: models, jobs, log-densities and draws, the open inference protocol, a page at `/`, and the description of it
 * all at `/docs`.
 *
 * @throws FlowConfigError for options out of range, and for a host that others reach where there are no tokens; FlowFileError for a
 * data folder that another process holds.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { host = '127.0.0.1', port = 8000, jobThreads = 1, scoringThreads = 1, open = false, keepJobs = 30 } = options;
  const data = resolve(options.data);
  const limits = limitsOf(options.limits ?? {});
  const tokens = new Tokens(join(data, 'tokens.json'));
  if (!open && !LOOPBACK.has(host) && (await tokens.list()) === null) {
    throw new FlowConfigError('startServer', { expected: `tokens, to be asked from elsewhere on ${host}`, got: 'none', hint: 'Make one with `tfjs-flows token add`, or say --open.' }); // prettier-ignore
  }
  await mkdir(data, { recursive: true });
  const unlock = await lockFolder(join(data, 'server.pid'));
  const closing: (() => Promise<unknown> | void)[] = [unlock];
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const registry = await ModelRegistry.open(data);
    closing.push(() => registry.close());
    let queue = options.queue;
    if (!queue) {
      const threads = new Threads(jobThreads);
      closing.push(() => threads.close());
      queue = await InProcessQueue.open({ folder: join(data, 'jobs'), handlers: tableHandlers(threads), concurrency: jobThreads }); // prettier-ignore
    }
    closing.push(() => queue.close());
    const jobs = new ServiceJobs(join(data, 'work'), queue, registry, limits.jobs);
    await jobs.open();
    closing.push(() => jobs.close());
    const prune = () => void jobs.prune(Date.now() - 24 * HOUR * keepJobs).catch(() => undefined);
    prune();
    const pruning = setInterval(prune, HOUR).unref();
    closing.push(() => clearInterval(pruning));
    const metrics = new Metrics();
    const scoring = new Scoring(scoringThreads, limits, metrics);
    closing.push(() => scoring.close());
    const incoming = join(data, 'incoming');
    await rm(incoming, { recursive: true, force: true });
    await mkdir(incoming);
    const inputs = options.inputs === undefined ? null : resolve(options.inputs);
    const context: Context = { registry, jobs, scoring, limits, inputs, incoming };
    metrics.gauge('waiting_rows', 'Rows that wait for their score', () => scoring.waitingRows);
    metrics.gauge('unfinished_jobs', 'Jobs that have not ended', async () => (await jobs.list()).filter(({ state }) => !hasEnded(state)).length); // prettier-ignore
    const app = await build(context, tokens, metrics, options);
    closing.push(async () => {
      const late = setTimeout(() => app.server.closeAllConnections(), GRACE);
      await app.close();
      clearTimeout(late);
    });
    const url = await app.listen({ host, port });
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The application: what anybody may see, then, behind the guard, all else. */
async function build(context: Context, tokens: Tokens, metrics: Metrics, { log, open = false }: ServerOptions): Promise<App> {
  const { limits, scoring } = context;
  const app = fastify({
    logger: log ? { level: 'info', stream: log, redact: ['req.headers.authorization'] } : false,
    bodyLimit: limits.body,
    requestTimeout: 1000 * limits.arrival,
    handlerTimeout: 1000 * limits.answer,
    // Node waits for the longer of the two.
    http: { headersTimeout: Math.min(HEADERS, 1000 * limits.arrival), connectionsCheckingInterval: LOOK },
    forceCloseConnections: 'idle',
    return503OnClosing: true,
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as App;
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  answerProblems(app);
  metrics.observe(app);
  await app.register(underPressure, {
    maxEventLoopDelay: 2000,
    retryAfter: 5,
    message: 'There is too much to do.',
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'tfjs-flows', description: 'Densities of tables by normalizing flows', version: '0.1.0' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  let stopping = false;
  app.addHook('preClose', async () => {
    stopping = true;
    await context.jobs.close();
  });
  healthRoutes(app, () => !stopping && scoring.waitingRows < limits.waitingRows);
  await app.register(pages);
  await app.register(async (api) => {
    guard(api, tokens, open);
    modelRoutes(api as App, context);
    await api.register(async (rows) => densityRoutes(rows as App, context));
    await api.register(async (forms) => {
      await forms.register(multipart);
      jobRoutes(forms as App, context);
    });
    inferenceRoutes(api as App, context);
    api.get('/metrics', { config: { role: 'score' }, schema: { tags: ['health'], summary: 'Metrics, for Prometheus' } }, async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    );
  });
  return app;
} // prettier-ignore

/** The page, and the scripts of others that it takes, each of them one file. */
async function pages(app: App): Promise<void> {
  const require = createRequire(import.meta.url);
  const folderOf = (name: string) => dirname(require.resolve(`${name}/package.json`));
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', PAGE_POLICY).header('x-content-type-options', 'nosniff');
  });
  await app.register(statics, { root: join(folderOf('tfjs-flows-service'), 'page'), index: 'index.html' });
  for (const [name, prefix, file] of SCRIPTS) {
    await app.register(statics, {
      root: folderOf(name),
      prefix,
      decorateReply: false,
      allowedPath: (path) => path === `/${file}`,
    });
  }
}
