import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { packModel, unpackModel } from '../../files/model-archive.js';
import type { ModelVersion } from '../../registry/model-registry.js';
import { modelOf, type App, type Context } from '../context.js';
import { Problem } from '../problem.js';
import { NamePath, VersionPath } from '../schemas.js';

const TAGS = ['models'];
/** Media type of a packed model. */
const ARCHIVE = 'application/gzip';

/** Models of the registry: list, describe, upload, download, delete. */
export function modelRoutes(app: App, context: Context): void {
  const { registry, limits, incoming } = context;
  app.addContentTypeParser([ARCHIVE, 'application/x-gzip', 'application/octet-stream'], (_request, payload, done) =>
    done(null, payload),
  );

  app.get('/models', { config: { role: 'score' }, schema: { tags: TAGS, summary: 'The last version of each model' } }, () => {
    const last = new Map(registry.list().map((version) => [version.name, version]));
    return { models: [...last.values()].map(summaryOf) };
  }); // prettier-ignore

  app.get('/models/:name', { config: { role: 'score' }, schema: { tags: TAGS, summary: 'A model, with its versions', params: NamePath } }, ({ params }) => {
    const versions = registry.list(params.name).map(({ version, createdAt }) => ({ version, createdAt }));
    return { ...viewOf(modelOf(context, params)), versions };
  }); // prettier-ignore

  app.get('/models/:name/versions/:version', { config: { role: 'score' }, schema: { tags: TAGS, summary: 'A version', params: VersionPath } }, ({ params }) =>
    viewOf(modelOf(context, params)),
  ); // prettier-ignore

  for (const [path, params] of [['/models/:name', NamePath], ['/models/:name/versions/:version', VersionPath]] as const) {
    app.get(`${path}/archive`, { config: { role: 'score' }, schema: { tags: TAGS, summary: 'The files, as .tar.gz', params } }, (request, reply) => {
      const { name, version, folder } = modelOf(context, request.params);
      return reply
        .type(ARCHIVE)
        .header('content-disposition', `attachment; filename="${name}-${version}.tar.gz"`)
        .send(packModel(folder));
    });

    app.delete(path, { config: { role: 'admin' }, schema: { tags: TAGS, summary: 'Delete', params } }, async (request, reply) => {
      const given = request.params as { readonly name: string; readonly version?: string };
      const { name } = modelOf(context, given);
      await registry.delete(name, given.version === undefined ? undefined : Number(given.version));
      return reply.code(204).send();
    });
  } // prettier-ignore

  app.post('/models/:name', { config: { role: 'fit' }, schema: { tags: TAGS, summary: 'Upload a .tar.gz as a new version', params: NamePath, consumes: [ARCHIVE] } }, async ({ params, body }, reply) => {
    const stream = body as Readable | null;
    if (typeof stream?.pipe !== 'function') throw new Problem(415, `A model comes as ${ARCHIVE}.`);
    const folder = join(incoming, randomUUID());
    try {
      await unpackModel(stream, folder, limits.model);
      const version = await registry.publish(params.name, folder);
      return await reply.code(201).header('location', `/models/${version.name}/versions/${version.version}`).send(viewOf(version));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }); // prettier-ignore
}

function summaryOf({ name, version, createdAt, description }: ModelVersion): object {
  const { rows, model, heldOut, parameters } = description;
  return { name, version, createdAt, rows, model, heldOut, parameters };
}

function viewOf({ name, version, createdAt, description }: ModelVersion): object {
  return { name, version, createdAt, description };
}
