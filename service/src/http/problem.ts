import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FlowDataError, FlowError } from 'tfjs-flows';

/** An answer other than the one asked for, told as `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, more: { readonly fields?: Record<string, unknown>; readonly headers?: Record<string, string> } = {}) {
    super(detail);
    this.status = status;
    this.fields = more.fields ?? {};
    this.headers = more.headers ?? {};
  } // prettier-ignore
}

/** Too much to do at the moment. */
export function busy(detail: string, seconds = 1): Problem {
  return new Problem(429, detail, { headers: { 'retry-after': String(seconds) } });
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  406: 'Not acceptable',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  429: 'Too many requests',
  500: 'Internal server error',
  503: 'Service unavailable',
};

/** Answers all errors by problems; what a caller can do nothing about is written to the log, and told as such. */
export function answerProblems(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    send(reply, new Problem(404, `There is no ${request.method} ${pathOf(request)}.`));
  });
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) request.log.error({ err: error }, 'failed');
    send(reply, problem);
  });
}

/** The problem that an error is to a caller. */
export function problemOf(error: Error): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof FlowError) {
    const { where, expected, got, message } = error;
    const rows = error instanceof FlowDataError && error.rows.length > 0 ? { rows: error.rows } : {};
    return new Problem(400, message, { fields: { where, expected, got, ...rows } });
  }
  const { statusCode = 500, code } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_HANDLER_TIMEOUT') return new Problem(503, 'The answer took too long.', { headers: { 'retry-after': '5' } }); // prettier-ignore
  if (statusCode === 503) return new Problem(503, error.message, { headers: { 'retry-after': '5' } });
  if (statusCode < 500) return new Problem(statusCode, error.message);
  return new Problem(500, 'Something went wrong here; the log says what.');
}

/** A problem as JSON. */
export function problemDocument({ status, message, fields }: Problem): object {
  return { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail: message, ...fields };
}

function send(reply: FastifyReply, problem: Problem): void {
  reply.code(problem.status).headers(problem.headers).type('application/problem+json').send(problemDocument(problem));
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0].slice(0, 200);
}
