import * as tf from '@tensorflow/tfjs-core';
import type { Backend, Command, Report } from '../protocol.js';
import { openEngine } from './open-engine.js';
import { previews } from './previews.js';
import { Session } from './session.js';

/** What is used of a worker's global object. */
interface Scope {
  postMessage(message: Report): void;
  onmessage: ((event: MessageEvent<Command>) => void) | null;
}

const scope = globalThis as unknown as Scope;
const post = (report: Report) => scope.postMessage(report);
let session: Session | null = null;
let running: Promise<void> = Promise.resolve();
let opened: Promise<void> = Promise.resolve();
let newest = 0;

scope.onmessage = ({ data: command }) => {
  switch (command.type) {
    case 'open':
      opened = open(command.backend);
      return;
    case 'run':
      newest = command.run;
      void begin(command);
      return;
    case 'play':
      return session?.play();
    case 'pause':
      return session?.pause();
    case 'step':
      return session?.stepOnce();
    case 'switch':
      void session?.switchOff(command.off).catch(fail);
      return;
    case 'inspect':
      return answer(command.id, () => session!.inspect(command.point));
    case 'sample':
      return answer(command.id, () => session!.sample(command.count));
    case 'save':
      return answer(command.id, () => session!.save());
    case 'lose-context':
      return loseContext();
    case 'spoil-weights':
      return session?.spoil();
  }
};

async function open(backend: Backend | null): Promise<void> {
  try {
    const report = await openEngine(backend);
    watchContext();
    post({ type: 'opened', backend: report.backend as Backend, reason: report.reason, previews: previews() });
  } catch (error) {
    post({ type: 'problem', run: 0, problem: { kind: 'start', message: String((error as Error).message) } });
  }
}

/** One run after the other: the next begins when the one before has let go of its memory. */
async function begin({ run, settings }: Extract<Command, { type: 'run' }>): Promise<void> {
  session?.stop();
  const before = running;
  running = (async () => {
    await Promise.all([before, opened]);
    if (run !== newest) return;
    const own = (session = new Session(run, settings, post));
    await own.start();
    await superseded(run);
    own.dispose();
  })();
}

/** A run that has ended can still be looked at, until there is another. */
async function superseded(run: number): Promise<void> {
  while (run === newest) await new Promise((resolve) => setTimeout(resolve, 30));
}

function answer(id: number, compute: () => Promise<unknown>): void {
  Promise.resolve()
    .then(compute)
    .then(
      (value) => post({ type: 'answer', id, value }),
      (error: unknown) =>
        post({ type: 'refusal', id, message: error instanceof Error ? error.message : String(error) }),
    );
}

function fail(error: unknown): void {
  post({ type: 'problem', run: newest, problem: { kind: 'other', message: String(error) } });
}

/** The WebGL context of the backend, or null on other backends. */
function context(): WebGL2RenderingContext | null {
  const backend = tf.backend() as { gpgpu?: { gl: WebGL2RenderingContext } };
  return tf.getBackend() === 'webgl' ? (backend.gpgpu?.gl ?? null) : null;
}

function watchContext(): void {
  context()?.canvas.addEventListener('webglcontextlost', () => {
    const message = 'The browser has taken the GPU away.';
    post({ type: 'problem', run: newest, problem: { kind: 'context', message } });
  });
}

function loseContext(): void {
  context()?.getExtension('WEBGL_lose_context')?.loseContext();
}
