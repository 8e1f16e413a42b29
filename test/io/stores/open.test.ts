import test from 'ava';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { relative } from 'node:path';
import { FlowFileError } from '../../../src/index.js';
import { openStore } from '../../../src/io/stores/open.js';
import { temporaryFolder } from '../support.js';

const NAMES = ['a.json', 'b.bin'];
const FILES = new Map(NAMES.map((name, i) => [name, Uint8Array.of(i, 255)]));

for (const scheme of ['file', 'memory']) {
  test(`${scheme}:// writes, reads, finds and removes`, async (t) => {
    const store = openStore(`${scheme}://${temporaryFolder(t)}/x`, 'test');
    t.false(await store.exists(NAMES));
    await t.throwsAsync(store.read(NAMES), { instanceOf: FlowFileError, message: /^test: expected a\.json in/ });
    await store.write(FILES);
    t.true(await store.exists(NAMES));
    t.false(await store.exists([...NAMES, 'c']));
    t.deepEqual(await store.read(NAMES), FILES);
    t.deepEqual([...(await store.read(['b.bin'])).keys()], ['b.bin']);
    await t.throwsAsync(store.read([...NAMES, 'c']), { instanceOf: FlowFileError, message: /expected c in/ });
    await store.write(new Map([...FILES, ['a.json', Uint8Array.of(9)]]));
    t.deepEqual((await store.read(NAMES)).get('a.json'), Uint8Array.of(9));
    await store.remove(NAMES);
    t.false(await store.exists(NAMES));
  });
}

test('memory:// keeps copies', async (t) => {
  const store = openStore('memory://copies', 'test');
  const given = Uint8Array.of(1);
  await store.write(new Map([['a', given]]));
  given[0] = 2;
  const first = (await store.read(['a'])).get('a')!;
  t.is(first[0], 1);
  first[0] = 3;
  t.is((await store.read(['a'])).get('a')![0], 1);
});

test('a relative path starts from the current directory', async (t) => {
  const folder = temporaryFolder(t);
  await openStore(`file://${relative('.', folder)}`, 'test').write(FILES);
  t.deepEqual(await openStore(`file://${folder}`, 'test').read(NAMES), FILES);
});

const UNUSABLE: [string, RegExp][] = [
  ['models/demo', /scheme file, https or memory, got "models\/demo"\. For a folder write "file:\/\/models\/demo"/],
  ['', /got ""/],
  ['s3://bucket/demo', /got "s3:\/\/bucket\/demo"/],
  ['FILE://demo', /got "FILE:\/\/demo"/],
  ['file://', /A name or path has to follow/],
  ['memory://', /A name or path has to follow/],
  ['indexeddb://', /A name or path has to follow/],
];

for (const [url, message] of UNUSABLE) {
  test(`refused as a place: "${url}"`, (t) => {
    t.throws(() => openStore(url, 'Flow.save'), { instanceOf: FlowFileError, message });
    t.throws(() => openStore(url, 'Flow.save'), { message: /^Flow\.save: expected a URL of scheme/ });
  });
}

test('what only a browser has is refused elsewhere', async (t) => {
  await t.throwsAsync(openStore('indexeddb://demo', 'Flow.save').write(FILES), {
    instanceOf: FlowFileError,
    message:
      /^Flow\.save: expected to use the browser's storage for indexeddb:\/\/demo, .* In Node use "file:\/\/folder"/,
  });
  await t.throwsAsync(openStore('downloads://demo', 'Flow.save').write(FILES), {
    instanceOf: FlowFileError,
    message: /expected a page to download from/,
  });
});

test('downloads cannot be read back', async (t) => {
  const store = openStore('downloads://demo', 'loadFlow');
  for (const attempt of [store.read(NAMES), store.exists(NAMES), store.remove(NAMES)]) {
    await t.throwsAsync(attempt, { instanceOf: FlowFileError, message: /Pass the downloaded files themselves/ });
  }
});

test('http:// fetches files of a folder, and tells what is wrong', async (t) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const name = /^\/models\/demo\/(.*)\?key=1$/.exec(request.url!)?.[1] ?? '';
    const bytes = FILES.get(name);
    if (name === 'cut') {
      response.writeHead(200, { 'content-length': 100 }).write('short');
      setTimeout(() => response.destroy(), 20);
    } else response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    for (const path of ['/models/demo?key=1', '/models/demo/?key=1']) {
      const store = openStore(host + path, 'loadFlow');
      t.deepEqual(await store.read(NAMES), FILES);
      t.true(await store.exists(NAMES));
      t.false(await store.exists(['c']));
    }
    t.true(asked.includes('GET /models/demo/a.json?key=1'));
    t.true(asked.includes('HEAD /models/demo/a.json?key=1'));
    const store = openStore(`${host}/models/demo?key=1`, 'loadFlow');
    await t.throwsAsync(store.read(['c']), {
      instanceOf: FlowFileError,
      message: /^loadFlow: expected c at http:.*\/models\/demo\/c\?key=1, got status 404 Not Found\. Name the folder/,
    });
    await t.throwsAsync(store.read(['cut']), { instanceOf: FlowFileError, message: /expected to fetch .*\/cut/ });
    for (const attempt of [store.write(FILES), store.remove(NAMES)]) {
      await t.throwsAsync(attempt, { instanceOf: FlowFileError, message: /expected a place that can be written/ });
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  await t.throwsAsync(openStore(`${host}/models`, 'loadFlow').read(NAMES), {
    instanceOf: FlowFileError,
    message: /^loadFlow: expected to fetch http:.*, got .*ECONN(REFUSED|RESET).* Check the connection/,
  });
  await t.throwsAsync(openStore('http://', 'loadFlow').read(NAMES), {
    instanceOf: FlowFileError,
    message: /expected a URL, got "http:\/\/"/,
  });
});
