import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { MultipartFile } from '@fastify/multipart';
import { createSession } from 'better-sse';
import type { FastifyRequest } from 'fastify';
import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Json } from '../../jobs/job.js';
import type { TableFormat } from '../../tables/format-names.js';
import { formatOf } from '../../tables/formats.js';
import { allowedFile } from '../allowed-path.js';
import { modelOf, type App, type Context } from '../context.js';
import { Problem } from '../problem.js';
import { CellValue, FitOptions, Format, JobPath, Name, SeedValue } from '../schemas.js';

const TAGS = ['jobs'];

const FitBody = Type.Object(
  { model: Name, table: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })), format: Type.Optional(Format), options: Type.Optional(FitOptions) },
  { additionalProperties: false },
); // prettier-ignore

const ScoreBody = Type.Object(
  {
    model: Name,
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    table: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    format: Type.Optional(Format),
    to: Type.Optional(Format),
    column: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  },
  { additionalProperties: false },
);

const SampleBody = Type.Object(
  {
    model: Name,
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    count: Type.Integer({ minimum: 1, maximum: 1e10 }),
    seed: Type.Optional(SeedValue),
    given: Type.Optional(Type.Record(Type.String(), CellValue)),
    to: Type.Optional(Format),
  },
  { additionalProperties: false },
);

const MEDIA: Readonly<Record<TableFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  ndjson: 'application/x-ndjson',
  arrow: 'application/vnd.apache.arrow.file',
};

/** Fits, and scores and draws of large tables, as jobs. */
export function jobRoutes(app: App, context: Context): void {
  const { jobs } = context;

  app.post('/jobs/fit', { config: { role: 'fit' }, schema: { tags: TAGS, summary: 'Fit a model to a table: uploaded as `file` of a form with `request`, JSON, before it; or named by `table`, a path in the open folder' } }, async (request, reply) => {
    const view = await withTable(context, request, FitBody, async (id, { model, options }, table, format) =>
      jobs.submit(id, { kind: 'fit', model, version: null, to: null }, { table, format, ...(options && { options: options as Json }) }));
    return reply.code(202).header('location', `/jobs/${view.id}`).send(view);
  }); // prettier-ignore

  app.post('/jobs/score', { config: { role: 'fit' }, schema: { tags: TAGS, summary: 'Add ln p to a table as a column; the table comes as for a fit' } }, async (request, reply) => {
    const view = await withTable(context, request, ScoreBody, async (id, body, table, format) => {
      const { name, version, folder } = modelOf(context, { name: body.model, version: body.version?.toString() });
      const { to = 'parquet', column } = body;
      return jobs.submit(id, { kind: 'score', model: name, version, to }, { model: folder, table, format, ...(column && { column }) });
    });
    return reply.code(202).header('location', `/jobs/${view.id}`).send(view);
  }); // prettier-ignore

  app.post('/jobs/sample', { config: { role: 'fit' }, schema: { tags: TAGS, summary: 'Draw a large table', body: SampleBody } }, async ({ body }, reply) => {
    const { name, version, folder } = modelOf(context, { name: body.model, version: body.version?.toString() });
    const { to = 'parquet', count, seed, given } = body;
    const { id } = await jobs.prepare();
    const input = { model: folder, count, ...(seed !== undefined && { seed }), ...(given && { given: given as Json }) };
    const view = await jobs.submit(id, { kind: 'sample', model: name, version, to }, input);
    return reply.code(202).header('location', `/jobs/${view.id}`).send(view);
  }); // prettier-ignore

  app.get('/jobs', { config: { role: 'fit' }, schema: { tags: TAGS, summary: 'All jobs' } }, async () => ({ jobs: await jobs.list() })); // prettier-ignore

  app.get('/jobs/:id', { config: { role: 'fit' }, schema: { tags: TAGS, summary: 'A job', params: JobPath } }, ({ params }) =>
    viewOf(context, params.id),
  ); // prettier-ignore

  app.get('/jobs/:id/events', { config: { role: 'fit' }, schema: { tags: TAGS, summary: 'The job now, and after each change, as server-sent events', params: JobPath } }, async (request, reply) => {
    const { id } = await viewOf(context, request.params.id);
    reply.hijack();
    const session = await createSession(request.raw, reply.raw);
    const gone = new AbortController();
    session.once('disconnected', () => gone.abort());
    for await (const view of jobs.watch(id, gone.signal)) {
      if (session.isConnected) session.push(view, 'job');
    }
    if (session.isConnected) reply.raw.end();
  }); // prettier-ignore

  app.get('/jobs/:id/result', { config: { role: 'fit' }, schema: { tags: TAGS, summary: 'The table that a job wrote', params: JobPath } }, async ({ params }, reply) => {
    const { state } = await viewOf(context, params.id);
    const output = state === 'done' ? await jobs.output(params.id) : null;
    if (!output) throw new Problem(404, 'This job has written no table.');
    return reply
      .type(MEDIA[output.to])
      .header('content-length', (await stat(output.path)).size)
      .header('content-disposition', `attachment; filename="${params.id}.${output.to}"`)
      .send(createReadStream(output.path));
  }); // prettier-ignore

  app.delete('/jobs/:id', { config: { role: 'fit' }, schema: { tags: TAGS, summary: 'Cancel a job, or forget one that has ended', params: JobPath } }, async ({ params: { id } }, reply) => {
    await viewOf(context, id);
    if (!(await jobs.cancel(id))) await jobs.remove(id);
    return reply.code(204).send();
  }); // prettier-ignore
}

async function viewOf({ jobs }: Context, id: string) {
  const view = await jobs.view(id);
  if (view) return view;
  throw new Problem(404, 'There is no such job.');
}

interface TableBody {
  readonly table?: string;
  readonly format?: TableFormat;
}

/** Submits a job with the table that was uploaded or named; nothing is left of one that is refused. */
async function withTable<Schema extends TSchema, T>(
  context: Context,
  request: FastifyRequest,
  schema: Schema,
  submit: (id: string, body: Static<Schema>, table: string, format: TableFormat) => Promise<T>,
): Promise<T> {
  const { jobs, inputs, limits } = context;
  const { id, folder } = await jobs.prepare();
  try {
    if (!request.isMultipart()) {
      const body = checked(schema, request.body);
      const { table, format } = body as TableBody;
      if (table === undefined) throw new Problem(400, 'Name a `table`, or upload one as a form.');
      const path = await allowedFile(inputs, table);
      return await submit(id, body, path, formatOf(path, format));
    }
    const file = await fileOf(request, limits.upload);
    if (!file) throw new Problem(400, 'There is no file in the form.');
    const body = checked(schema, requestOf(file));
    if ((body as TableBody).table !== undefined) throw new Problem(400, 'A form has a file, and no `table`.');
    const format = (body as TableBody).format ?? formatOf(file.filename);
    const path = join(folder, `table.${format}${file.filename.endsWith('.gz') ? '.gz' : ''}`);
    await pipeline(file.file, createWriteStream(path)).catch(refuseForm);
    if (file.file.truncated) throw new Problem(413, `A table has at most ${limits.upload} bytes.`);
    return await submit(id, body, path, format);
  } catch (error) {
    await jobs.abandon(id);
    throw error;
  }
}

/** The file of a form, once all before it has been read. */
async function fileOf(request: FastifyRequest, most: number): Promise<MultipartFile | undefined> {
  const limits = { fileSize: most, files: 1, fields: 4, fieldSize: 2 ** 20 };
  return request.file({ limits }).catch(refuseForm);
}

/** Forms that end early, or are none; what has no room on the disk is no fault of the form. */
function refuseForm(error: NodeJS.ErrnoException & { readonly statusCode?: number }): never {
  if (error.syscall !== undefined) throw error;
  throw new Problem(error.statusCode ?? 400, `The form cannot be read: ${error.message}.`);
}

/** The JSON that stands in a form before the file. */
function requestOf({ fields }: MultipartFile): unknown {
  const field = fields.request;
  const text = field && !Array.isArray(field) && field.type === 'field' ? String(field.value) : '';
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, 'The form has no `request` in JSON before its file.');
  }
}

function checked<Schema extends TSchema>(schema: Schema, body: unknown): Static<Schema> {
  if (Value.Check(schema, body)) return body;
  const [first] = Value.Errors(schema, body);
  throw new Problem(400, first ? `${first.instancePath || 'body'} ${first.message}` : 'This is no request.');
}
