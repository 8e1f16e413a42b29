import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ModelVersion } from '../../registry/model-registry.js';
import type { Column, Table } from '../../tables/table.js';
import { tableOf, type TableInput } from '../../tables/table-of.js';
import { formOf, jsonColumns, linesOf, sendTable } from '../answers.js';
import { modelOf, type App, type Context } from '../context.js';
import { Problem, problemDocument, problemOf } from '../problem.js';
import { isStream, MEDIA, readRowBodies, RowsBody, tableOfBody, tablesOfLines } from '../rows.js';
import { CellValue, NamePath, SeedValue, VersionPath } from '../schemas.js';

const TAGS = ['densities'];

/** Bodies with rows; those that are no JSON are checked as they are read. */
const Rows = {
  content: {
    'application/json': { schema: RowsBody },
    ...Object.fromEntries(Object.values(MEDIA).map((type) => [type, { schema: Type.Unknown() }])),
  },
};

const SampleBody = Type.Object(
  {
    count: Type.Integer({ minimum: 1 }),
    seed: Type.Optional(SeedValue),
    given: Type.Optional(
      Type.Array(Type.Record(Type.String(), CellValue), { minItems: 1, description: 'One row for all draws, or one each' }),
    ),
  },
  { additionalProperties: false },
); // prettier-ignore

const Query = Type.Object({ anomaly: Type.Optional(Type.Enum(['true', 'false'])) }, { additionalProperties: false });

/** Log-densities, means of these, and draws. */
export function densityRoutes(app: App, context: Context): void {
  readRowBodies(app);
  for (const [path, params] of [['/models/:name', NamePath], ['/models/:name/versions/:version', VersionPath]] as const) {
    app.post(`${path}/log-prob`, { config: { role: 'score' }, schema: { tags: TAGS, summary: 'ln p of each row, nats', params, querystring: Query, body: Rows } }, async (request, reply) => {
      const version = modelOf(context, request.params);
      const anomaly = request.query.anomaly === 'true';
      if (isStream(request)) return streamScores(context, version, anomaly, request, reply);
      const form = formOf(request);
      const table = await tableOfBody(request, context.limits.rows);
      return sendTable(reply, form, await scoresOf(context, version, table, anomaly), nameOf(version));
    });

    app.post(`${path}/score`, { config: { role: 'score' }, schema: { tags: TAGS, summary: 'Mean of ln p over the rows', params, body: Rows } }, async (request) => {
      const version = modelOf(context, request.params);
      let [rows, sum, squares] = [0, 0, 0];
      const tables = isStream(request) ? tablesOfLines(request) : [await tableOfBody(request, context.limits.rows)];
      for await (const table of tables) {
        for (const value of await context.scoring.logProb(version, table)) {
          sum += value;
          squares += value * value;
          rows++;
        }
      }
      if (rows === 0) throw new Problem(400, 'There are no rows.');
      const mean = sum / rows;
      const standardError = Math.sqrt(Math.max(squares / rows - mean * mean, 0) / rows);
      return { ...nameOf(version), rows, mean, standardError };
    });

    app.post(`${path}/sample`, { config: { role: 'score' }, schema: { tags: TAGS, summary: 'Draw rows', params, body: SampleBody } }, async (request, reply) => {
      const version = modelOf(context, request.params);
      const { count, seed = 0, given } = request.body as { count: number; seed?: number | string; given?: TableInput };
      if (count > context.limits.rows) throw new Problem(413, `At most ${context.limits.rows} rows are drawn at once; submit a job.`);
      const draws = await context.scoring.sample(version, count, seed, given ? tableOf(given) : null);
      const form = formOf(request);
      return form === 'json' ? { ...nameOf(version), columns: jsonColumns(draws) } : sendTable(reply, form, draws);
    });
  } // prettier-ignore
}

async function scoresOf({ scoring }: Context, version: ModelVersion, table: Table, anomaly: boolean): Promise<Table> {
  const logProb = await scoring.logProb(version, table);
  const odd: Record<string, Column> = anomaly ? { anomaly: await scoring.anomaly(version, logProb) } : {};
  return { rowCount: table.rowCount, columns: { logProb, ...odd } };
}

/** A line for each line; an error after the first lines is told by the last. */
async function streamScores(context: Context, version: ModelVersion, anomaly: boolean, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (formOf(request, 'ndjson') !== 'ndjson') throw new Problem(406, `Lines are answered by lines, ${MEDIA.ndjson}.`);
  const tables = tablesOfLines(request);
  const first = await tables.next();
  if (first.done) throw new Problem(400, 'There are no rows.');
  // Told by the status, while that can still be.
  const start = linesOf(await scoresOf(context, version, first.value, anomaly));
  const lines = async function* () {
    yield start;
    try {
      for await (const table of tables) yield linesOf(await scoresOf(context, version, table, anomaly));
    } catch (error) {
      request.log.info({ err: error }, 'a stream ended early');
      yield `${JSON.stringify({ error: problemDocument(problemOf(error as Error)) })}\n`;
    }
  };
  return reply.type(MEDIA.ndjson).send(Readable.from(lines()));
} // prettier-ignore

function nameOf({ name, version }: ModelVersion): object {
  return { model: name, version };
}
