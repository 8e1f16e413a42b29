import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { startServer, Tokens } from '../../src/index.js';
import { csvOf, rowsOf, Service } from './fixture.js';

const log: string[] = [];
const service = new Service({ log: { write: (line) => void log.push(line) } });
const tokens = new Tokens(join(service.data, 'tokens.json'));

test.after.always(() => service.remove());

test.serial(
  'without tokens others than this machine are not served, and pages of other sites are not answered',
  async (t) => {
    await t.throwsAsync(startServer({ data: service.data, host: '0.0.0.0', port: 0 }), { message: /expected tokens/ });
    await service.start();
    t.is((await service.ask('/models')).status, 200);
    t.is((await service.ask('/models', { headers: { origin: 'http://example.org' } })).status, 403);
    t.is((await service.ask('/models', { headers: { origin: service.url } })).status, 200);
  },
);

test.serial('a role allows what it is for, and a token that is revoked nothing', async (t) => {
  const made = {
    score: await tokens.create('score', 'a client'),
    fit: await tokens.create('fit'),
    admin: await tokens.create('admin'),
  };
  const asked = async (token: string | null): Promise<number[]> => {
    service.token = token;
    const answers = [
      service.ask('/health/live'),
      service.ask('/models'),
      service.upload('/jobs/fit', { model: 'm' }, csvOf(rowsOf(4, 'few'))),
      service.ask('/models/none', { method: 'DELETE' }),
    ];
    return Promise.all(answers.map(async (answer) => (await answer).status));
  };
  t.deepEqual(await asked(null), [200, 401, 401, 401]);
  t.deepEqual(await asked('tff_wrong'), [200, 401, 401, 401]);
  t.deepEqual(await asked(made.score.token), [200, 200, 403, 403]);
  t.deepEqual(await asked(made.fit.token), [200, 200, 202, 403]);
  t.deepEqual(await asked(made.admin.token), [200, 200, 202, 404]);
  t.true(await tokens.revoke(made.score.id));
  t.false(await tokens.revoke(made.score.id));
  t.deepEqual(await asked(made.score.token), [200, 401, 401, 401]);
  for (const { id } of [made.fit, made.admin]) await tokens.revoke(id);
  // The last token gone, nobody gets in; it is not open again.
  t.deepEqual(await asked(made.admin.token), [200, 401, 401, 401]);
  const refused = await service.ask('/models');
  t.is(refused.headers.get('www-authenticate'), 'Bearer');
  const kept = readFileSync(join(service.data, 'tokens.json'), 'utf8') + log.join('');
  for (const { token } of Object.values(made)) t.false(kept.includes(token.slice(4)));
  t.true(log.length > 20);
});

test('roles that there are not are refused', async (t) => {
  await t.throwsAsync(tokens.create('root' as never), { message: /Tokens\.create: expected score, fit, admin/ });
});
