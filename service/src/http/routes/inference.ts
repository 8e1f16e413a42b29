import { Type, type Static } from 'typebox';
import type { ModelVersion } from '../../registry/model-registry.js';
import { tableOf, type Cell } from '../../tables/table-of.js';
import { valuesOf } from '../answers.js';
import { modelOf, type App, type Context } from '../context.js';
import { Problem } from '../problem.js';
import { CellValue, NamePath, VersionPath } from '../schemas.js';

const TAGS = ['open inference protocol'];
const VERSION = '0.1.0';

/** Types of tensors that columns may come as. */
const NUMBERS = new Set(['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP16', 'FP32', 'FP64']); // prettier-ignore

const InferBody = Type.Object({
  id: Type.Optional(Type.String({ maxLength: 256 })),
  parameters: Type.Optional(Type.Record(Type.String(), CellValue)),
  inputs: Type.Array(
    Type.Object({
      name: Type.String(),
      shape: Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1, maxItems: 2 }),
      datatype: Type.String(),
      parameters: Type.Optional(Type.Record(Type.String(), CellValue)),
      data: Type.Array(Type.Union([CellValue, Type.Array(CellValue)])),
    }),
    { minItems: 1 },
  ),
  outputs: Type.Optional(
    Type.Array(Type.Object({ name: Type.String(), parameters: Type.Optional(Type.Record(Type.String(), CellValue)) })),
  ),
});

type Input = Static<typeof InferBody>['inputs'][number];

/** The predict protocol, version 2, that KServe and Triton clients speak: a tensor `[rows]` or `[rows, 1]` for each column. */
export function inferenceRoutes(app: App, context: Context): void {
  const server = { name: 'tfjs-flows', version: VERSION, extensions: [] };
  app.get('/v2', { config: { role: 'score' }, schema: { tags: TAGS, summary: 'The server' } }, () => server);

  for (const [path, params] of [['/v2/models/:name', NamePath], ['/v2/models/:name/versions/:version', VersionPath]] as const) {
    app.get(path, { config: { role: 'score' }, schema: { tags: TAGS, summary: 'Inputs and outputs of a model', params } }, (request) =>
      metadataOf(context, modelOf(context, request.params)),
    );

    app.get(`${path}/ready`, { config: { role: 'score' }, schema: { tags: TAGS, summary: 'Whether it can be asked', params } }, (request) => {
      const { name } = modelOf(context, request.params);
      return { name, ready: true };
    });

    app.post(`${path}/infer`, { config: { role: 'score' }, schema: { tags: TAGS, summary: 'ln p of each row as `log_prob`; `anomaly` where asked for', params, body: InferBody } }, async (request) => {
      const version = modelOf(context, request.params);
      const { id, inputs, outputs } = request.body as Static<typeof InferBody>;
      const wanted = outputs?.map(({ name }) => name) ?? ['log_prob'];
      const unknown = wanted.find((name) => name !== 'log_prob' && name !== 'anomaly');
      if (unknown !== undefined) throw new Problem(400, `Outputs are log_prob and anomaly, not ${JSON.stringify(unknown)}.`);
      const table = tableOf(Object.fromEntries(inputs.map((input) => [input.name, columnOf(input)])));
      if (table.rowCount === 0) throw new Problem(400, 'There are no rows.');
      if (table.rowCount > context.limits.rows) throw new Problem(413, `At most ${context.limits.rows} rows are answered at once.`);
      const logProb = await context.scoring.logProb(version, table);
      const values = { log_prob: logProb, anomaly: wanted.includes('anomaly') ? await context.scoring.anomaly(version, logProb) : null };
      return {
        model_name: version.name,
        model_version: String(version.version),
        ...(id !== undefined && { id }),
        outputs: wanted.map((name) => ({
          name,
          datatype: 'FP64',
          shape: [table.rowCount],
          data: valuesOf(values[name as keyof typeof values]!),
        })),
      };
    });
  } // prettier-ignore
}

function metadataOf({ registry }: Context, { name, description }: ModelVersion): object {
  const inputs = description.columns.filter(({ role }) => role === 'modelled' || role === 'condition');
  return {
    name,
    versions: registry.list(name).map(({ version }) => String(version)),
    platform: 'tfjs-flows',
    inputs: inputs.map((column) => ({
      name: column.name,
      datatype: column.spec?.kind === 'category' ? 'BYTES' : 'FP64',
      shape: [-1],
    })),
    outputs: ['log_prob', 'anomaly'].map((output) => ({ name: output, datatype: 'FP64', shape: [-1] })),
  };
}

/** The values of a tensor, which may come in rows of one. */
function columnOf({ name, shape, datatype, data }: Input): Cell[] {
  const refuse = (what: string) => new Problem(400, `Input ${JSON.stringify(name.slice(0, 200))}: ${what}`);
  if (datatype !== 'BYTES' && !NUMBERS.has(datatype)) throw refuse(`no datatype ${JSON.stringify(datatype.slice(0, 40))}.`); // prettier-ignore
  const values = data.flat() as Cell[];
  if (shape.length === 2 && shape[1] !== 1) throw refuse(`a column has the shape [rows] or [rows, 1], not [${shape.join()}].`); // prettier-ignore
  if (values.length !== shape[0]) throw refuse(`${values.length} values in the shape [${shape.join()}].`);
  const odd = values.find((value) => value !== null && (datatype === 'BYTES' ? typeof value !== 'string' : typeof value === 'string')); // prettier-ignore
  if (odd !== undefined) throw refuse(`${JSON.stringify(odd)} is no ${datatype}.`);
  return values;
}
