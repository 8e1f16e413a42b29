import { connect } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { RandomStream } from 'tfjs-flows';
import { packModel } from '../../src/index.js';
import { fittedModel } from './fixture.js';
import { Served } from './served.js';

const REQUESTS = 10_000;
const CLIENTS = 16;
const root = mkdtempSync(join(tmpdir(), 'fuzz-'));
const served = new Served(join(root, 'data'), ['--inputs', join(root, 'tables'), '--limit', 'arrival=2', '--limit', 'body=100000', '--limit', 'rows=1000']); // prettier-ignore

test.before(async () => {
  mkdirSync(join(root, 'tables'));
  writeFileSync(join(root, 'secret.csv'), 'a,b,c\n1,2,x\n');
  await fittedModel(join(root, 'model'));
  const pieces: Buffer[] = [];
  for await (const piece of packModel(join(root, 'model'))) pieces.push(piece as Buffer);
  await served.start();
  const answer = await fetch(`${served.url}/models/demo`, { method: 'POST', headers: { 'content-type': 'application/gzip' }, body: new Uint8Array(Buffer.concat(pieces)) }); // prettier-ignore
  if (answer.status !== 201) throw new Error(await answer.text());
});
test.after.always(async () => {
  await served.end('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

const JSON_TYPE = 'application/json';
const ARROW = 'application/vnd.apache.arrow.stream';
const arrow = tableToIPC(tableFromArrays({ a: Float64Array.of(1, 2, 3), b: Float64Array.of(1, 2, 3), c: ['x', 'y', 'z'] }), 'stream'); // prettier-ignore

interface Malformed {
  readonly path: string;
  readonly method?: string;
  readonly type?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Requests that are wrong, each in its way. */
const KINDS: readonly ((stream: RandomStream) => Malformed)[] = [
  // Broken JSON: a good one cut somewhere, or with a byte that does not belong there.
  (stream) => {
    const text = '{"rows":[{"a":0.5,"b":1,"c":"x"},{"a":1,"b":2,"c":"y"}]}';
    return { path: '/models/demo/log-prob', type: JSON_TYPE, body: text.slice(0, 1 + whole(stream, text.length - 1)) };
  },
  (stream) => ({ path: '/models/demo/log-prob', type: JSON_TYPE, body: bytes(stream, 200) }),
  // Values of wrong types, numbers that are too large to be any.
  (stream) => {
    const value = pick(stream, ['[1]', '{}', 'true', '"1e999"', '"\\u0000"', '-1e308', 'null,"d":{}', '[[[[]]]]']);
    return { path: '/models/demo/log-prob', type: JSON_TYPE, body: `{"rows":[{"a":0.5,"b":${value},"c":7}]}` };
  },
  (stream) => ({ path: '/models/demo/log-prob', type: JSON_TYPE, body: `${'['.repeat(whole(stream, 20_000))}` }),
  (stream) => {
    const depth = 1 + whole(stream, 5000);
    return { path: '/v2/models/demo/infer', type: JSON_TYPE, body: `{"inputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[${'['.repeat(depth)}${']'.repeat(depth)}]}]}` }; // prettier-ignore
  },
  (stream) => {
    const count = pick(stream, ['-1', '0', '1e12', '0.5', '"3"', 'null', '9007199254740993', '[]']);
    return { path: '/models/demo/sample', type: JSON_TYPE, body: `{"count":${count}}` };
  },
  // Arrow with bytes that were changed or cut off.
  (stream) => {
    const broken = new Uint8Array(arrow.slice(0, 8 + whole(stream, arrow.length / 2)));
    broken[whole(stream, broken.length)] ^= 1 + whole(stream, 255);
    return { path: '/models/demo/log-prob', type: ARROW, body: broken };
  },
  (stream) => ({ path: '/models/demo/log-prob', type: ARROW, body: bytes(stream, 400) }),
  // Paths that lead elsewhere.
  (stream) => {
    const table = pick(stream, ['../secret.csv', '..\\secret.csv', '/etc/passwd', './../secret.csv', '....//secret.csv', '%2e%2e/secret.csv', 'x\u0000.csv', `${'../'.repeat(whole(stream, 40))}etc/passwd`]); // prettier-ignore
    return { path: '/jobs/score', type: JSON_TYPE, body: JSON.stringify({ model: 'demo', table, format: 'csv' }) };
  },
  (stream) => {
    const name = pick(stream, ['..', '%2e%2e%2f%2e%2e', 'a'.repeat(300), '%00', 'demo%2f..%2f..', '-x', '%ff', '.']);
    return { path: `/models/${name}/${pick(stream, ['archive', 'versions/1', 'versions/99999999999', 'x'])}`, method: 'GET' }; // prettier-ignore
  },
  // Archives that are none.
  (stream) => ({ path: '/models/new', type: 'application/gzip', body: bytes(stream, 300) }),
  // Fits with options that cannot be; forms without an end.
  (stream) => {
    const options = pick(stream, [{ epochs: -1 }, { model: 'x' }, { timeBudget: 1e9 }, { columns: { a: { kind: 'x' } } }, { seed: {} }, { more: 1 }]); // prettier-ignore
    return { path: '/jobs/fit', type: JSON_TYPE, body: JSON.stringify({ model: 'm', table: 'x.csv', options }) };
  },
  (stream) => ({ path: '/jobs/fit', type: 'multipart/form-data; boundary=x', body: `--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n${'1,2\n'.repeat(whole(stream, 50))}` }), // prettier-ignore
  (stream) => ({ path: '/models/demo/log-prob', type: pick(stream, ['text/html', 'x', '', 'multipart/form-data']), body: 'x' }), // prettier-ignore
  (stream) => ({ path: '/models/demo/log-prob', type: 'application/x-ndjson', body: pick(stream, ['{', '[]', '1', '{"a":{}}', '{"constructor":{"prototype":{}}}', '\n\n']) }), // prettier-ignore
  (stream) => ({ path: '/models/demo/log-prob', type: 'text/csv', body: pick(stream, ['a,b\n', '"', 'a,b,c\n1,2\n3', '\u0000\u0001']) }), // prettier-ignore
  (stream) => ({ path: pick(stream, ['/x', '/models/demo', '/jobs/job-00000000-0000-0000-0000-000000000000/events', '/v2/models/none/ready']), method: pick(stream, ['PUT', 'PATCH']) }), // prettier-ignore
];

function whole(stream: RandomStream, below: number): number {
  return Math.floor(below * stream.next());
}

function pick<T>(stream: RandomStream, choices: readonly T[]): T {
  return choices[whole(stream, choices.length)];
}

function bytes(stream: RandomStream, most: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 1 + whole(stream, most) }, () => whole(stream, 256));
}

async function memory(): Promise<number> {
  const text = await (await fetch(`${served.url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)![1]) / 2 ** 20;
}

/** The service has ended: what it said at last. */
async function ended(cause: unknown): Promise<never> {
  await sleep(500);
  throw new Error(`${String(cause)}\n${served.log.slice(-3000)}`);
}

test.serial('ten thousand malformed requests are each refused, and leave nothing behind', async (t) => {
  const stream = new RandomStream('fuzz');
  const wrong: string[] = [];
  let asked = 0;
  let before = 0;
  const client = async (own: RandomStream): Promise<void> => {
    while (asked < REQUESTS) {
      const kind = asked++ % KINDS.length;
      const { path, method = 'POST', type, body } = KINDS[kind](own);
      const answer = await fetch(`${served.url}${path}`, { method, body, ...(type && { headers: { 'content-type': type } }) }).catch(ended); // prettier-ignore
      const text = await answer.text();
      if (answer.status < 400 || answer.status > 499) wrong.push(`kind ${kind}, ${path}, ${String(body).slice(0, 200)}: ${answer.status} ${text.slice(0, 300)}`); // prettier-ignore
      if (asked === REQUESTS / 5) before = await memory();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(stream.split(i))));
  t.deepEqual(wrong.slice(0, 5), []);
  t.true(served.isRunning);
  t.false(/"level":(50|60)/.test(served.log));
  const grown = (await memory()) - before;
  t.true(grown < 150, `${grown} MiB more than after the first part of them`);
  const { jobs } = (await (await fetch(`${served.url}/jobs`)).json()) as { jobs: unknown[] };
  t.deepEqual(jobs, []);
  const good = await served.post('/models/demo/log-prob', { rows: [{ a: 0, b: 1, c: 'x' }] });
  t.is(good.status, 200);
});

test.serial('bodies that do not arrive are given up, and others are served meanwhile', async (t) => {
  const { hostname, port } = new URL(served.url);
  const answers = Array.from({ length: 20 }, (_, i) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
      socket.write(`POST /models/demo/log-prob HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n${' '.repeat(i)}`);
    }),
  ); // prettier-ignore
  await sleep(100);
  t.is((await served.post('/models/demo/log-prob', { rows: [{ a: 0, b: 1, c: 'x' }] })).status, 200);
  for (const answer of await Promise.all(answers)) t.regex(answer, /^HTTP\/1\.1 408 /);
});
