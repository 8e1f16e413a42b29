import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FlowFileError } from 'tfjs-flows';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { replaceFile } from '../files/replace-file.js';

const END = '.job.json';

const Time = Type.Union([Type.Number(), Type.Null()]);

/** A job as it stands in its file. */
const Schema = Type.Object({
  version: Type.Literal(1),
  /** Place in the line. */
  order: Type.Number(),
  id: Type.String(),
  kind: Type.String(),
  state: Type.Enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  input: Type.Unknown(),
  result: Type.Unknown(),
  error: Type.Union([Type.String(), Type.Null()]),
  attempts: Type.Integer(),
  submittedAt: Type.Number(),
  startedAt: Time,
  endedAt: Time,
});

/** What is kept of a job. */
export type JobFile = Static<typeof Schema>;

/** Files of jobs in a folder, one each, and the folders of their checkpoints. */
export class JobFiles {
  readonly #folder: string;
  /** Writes of one job follow each other. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * All jobs, in the order in which they were submitted.
   *
   * @throws FlowFileError for a file that is no job, and a folder that cannot be read.
   */
  async read(): Promise<JobFile[]> {
    await mkdir(this.#folder, { recursive: true });
    const jobs: JobFile[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      if (name.endsWith('.tmp')) await rm(path, { force: true });
      else if (name.endsWith(END)) jobs.push(parsed(await readFile(path, 'utf8'), path));
    }
    return jobs.sort((a, b) => a.order - b.order);
  }

  /** Keeps a job as it is now. */
  async write(job: JobFile): Promise<void> {
    const text = JSON.stringify(job);
    const before = this.#last.get(job.id) ?? Promise.resolve();
    const next = before.catch(() => {}).then(() => replaceFile(join(this.#folder, `${job.id}${END}`), text));
    this.#last.set(job.id, next);
    await next;
    if (this.#last.get(job.id) === next) this.#last.delete(job.id);
  }

  /** The folder of a job's checkpoint, which is there. */
  async checkpoint(id: string): Promise<string> {
    const folder = this.#checkpointOf(id);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  async remove(id: string): Promise<void> {
    await this.#last.get(id);
    this.#last.delete(id);
    await this.removeCheckpoint(id);
    await rm(join(this.#folder, `${id}${END}`), { force: true });
  }

  async removeCheckpoint(id: string): Promise<void> {
    await rm(this.#checkpointOf(id), { recursive: true, force: true });
  }

  #checkpointOf(id: string): string {
    return join(this.#folder, `${id}.checkpoint`);
  }
}

function parsed(text: string, path: string): JobFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (Value.Check(Schema, value)) return value;
  throw new FlowFileError('InProcessQueue.open', { expected: 'a job', got: `${path}, which is none`, hint: 'Move it away to open the others.' }); // prettier-ignore
}
