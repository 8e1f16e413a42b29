import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** A service in a process of its own, by the command line, for tests that kill it. */
export class Served {
  readonly #flags: readonly string[];
  #process: ChildProcess | null = null;
  url = '';
  /** What it has logged. */
  log = '';

  constructor(data: string, flags: readonly string[] = []) {
    this.#flags = ['serve', '--data', data, '--port', '0', ...flags];
  }

  async start(): Promise<void> {
    const started = spawn(process.execPath, [MAIN, ...this.#flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = started;
    started.stderr.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    for await (const line of createInterface({ input: started.stdout })) {
      const [, url] = /serves (\S+);/.exec(line) ?? [];
      if (!url) continue;
      this.url = url;
      return;
    }
    throw new Error(`The service does not start:\n${this.log}`);
  }

  get isRunning(): boolean {
    return this.#process !== null && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Ends it by a signal; its exit code. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const { isRunning } = this;
    const ending = this.#process;
    if (!ending || !isRunning) return ending?.exitCode ?? null;
    const ended = once(ending, 'close');
    ending.kill(signal);
    await ended;
    return ending.exitCode;
  }

  async post(path: string, body: unknown): Promise<Response> {
    return fetch(`${this.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }); // prettier-ignore
  }
}
