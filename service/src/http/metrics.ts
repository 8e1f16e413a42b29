import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What is counted, for Prometheus. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Histogram({
    name: 'tfjs_flows_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #rows = new Counter({ name: 'tfjs_flows_rows_scored_total', help: 'Rows scored', registers: [this.registry] }); // prettier-ignore
  readonly #batches = new Histogram({
    name: 'tfjs_flows_batch_requests',
    help: 'Requests that were scored together',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts a batch of rows. */
  scored(rows: number, requests: number): void {
    this.#rows.inc(rows);
    this.#batches.observe(requests);
  }

  /** A number that is asked for whenever it is told. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name: `tfjs_flows_${name}`,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  /** Times all requests, by route, so that names of models make no series. */
  observe(app: FastifyInstance): void {
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'none';
      this.#requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    });
  }
}
