import type { Answers, Backend, Command, ModelFile, Report, RunSettings } from './protocol.js';

/** What a client is told by its worker. */
export type Listener = (report: Report) => void;

/** The page's side of one worker: commands go out, reports come in, and questions get their answers. */
export class Client {
  #worker: Worker;
  #questions = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #ids = 0;
  #run = 0;
  readonly #listener: Listener;

  constructor(backend: Backend | null, listener: Listener) {
    this.#listener = listener;
    this.#worker = this.#launch(backend);
  }

  /** Begins a run, in place of the one before. Reports of earlier ones are dropped. */
  run(settings: RunSettings): void {
    this.send({ type: 'run', run: ++this.#run, settings });
  }

  send(command: Command): void {
    this.#worker.postMessage(command);
  }

  /** Starts over with a new worker. */
  reopen(backend: Backend | null): void {
    this.close();
    this.#worker = this.#launch(backend);
  }

  inspect(point: readonly [number, number]): Promise<Answers['inspect']> {
    return this.#ask((id) => ({ type: 'inspect', id, point }));
  }

  sample(count: number): Promise<Float32Array> {
    return this.#ask((id) => ({ type: 'sample', id, count }));
  }

  save(): Promise<readonly ModelFile[]> {
    return this.#ask((id) => ({ type: 'save', id }));
  }

  close(): void {
    this.#worker.terminate();
    for (const { reject } of this.#questions.values()) reject(new Error('The worker was stopped.'));
    this.#questions.clear();
  }

  #ask<T>(command: (id: number) => Command): Promise<T> {
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.send(command(id));
    });
  }

  #launch(backend: Backend | null): Worker {
    const worker = new Worker(new URL('./worker/main.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Report>) => this.#receive(data);
    worker.onerror = (event) => {
      const message = event.message || 'The worker could not be loaded.';
      this.#listener({ type: 'problem', run: this.#run, problem: { kind: 'start', message } });
    };
    worker.postMessage({ type: 'open', backend } satisfies Command);
    return worker;
  }

  #receive(report: Report): void {
    if (report.type === 'answer' || report.type === 'refusal') {
      const question = this.#questions.get(report.id);
      this.#questions.delete(report.id);
      if (report.type === 'answer') question?.resolve(report.value);
      else question?.reject(new Error(report.message));
      return;
    }
    const run =
      report.type === 'frame' ? report.frame.run
      : report.type === 'started' ? report.started.run
      : report.type === 'opened' ? this.#run
      : report.run; // prettier-ignore
    if (run === this.#run || (report.type === 'problem' && run === 0)) this.#listener(report);
  }
}
