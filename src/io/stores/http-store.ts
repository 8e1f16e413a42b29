import { FlowFileError } from '../../errors.js';
import type { Files, ModelStore } from './store.js';

/** `https://host/folder`: files on a web server, fetched by name. Read only. */
export class HttpStore implements ModelStore {
  constructor(
    private readonly url: string,
    private readonly where: string,
  ) {}

  async read(names: readonly string[]): Promise<Files> {
    return new Map(await Promise.all(names.map(async (name) => [name, await this.#fetch(name)] as const)));
  }

  async exists(names: readonly string[]): Promise<boolean> {
    const answers = await Promise.all(names.map((name) => this.#request(name, { method: 'HEAD' })));
    return answers.every((answer) => answer.ok);
  }

  write(): Promise<void> {
    return this.#refuse();
  }

  remove(): Promise<void> {
    return this.#refuse();
  }

  async #fetch(name: string): Promise<Uint8Array> {
    const answer = await this.#request(name);
    if (!answer.ok) {
      throw new FlowFileError(this.where, {
        expected: `${name} at ${answer.url || this.url}`,
        got: `status ${answer.status} ${answer.statusText}`.trim(),
        hint: 'Name the folder that holds the files, not one of the files.',
      });
    }
    try {
      return new Uint8Array(await answer.arrayBuffer());
    } catch (error) {
      throw this.#unreachable(answer.url, error);
    }
  }

  async #request(name: string, options?: RequestInit): Promise<Response> {
    const url = this.#urlOf(name);
    try {
      return await fetch(url, options);
    } catch (error) {
      throw this.#unreachable(url.href, error);
    }
  }

  /** The file's URL, with the query of the folder's. */
  #urlOf(name: string): URL {
    try {
      const url = new URL(this.url);
      url.pathname = `${url.pathname.replace(/\/+$/, '')}/${name}`;
      return url;
    } catch (error) {
      throw new FlowFileError(this.where, { expected: 'a URL', got: `"${this.url}"`, cause: error });
    }
  }

  #unreachable(url: string, error: unknown): FlowFileError {
    const reason = (error as { cause?: unknown }).cause ?? error;
    return new FlowFileError(this.where, {
      expected: `to fetch ${url}`,
      got: String(reason),
      hint: 'Check the connection, and that the server allows requests from this origin.',
      cause: error,
    });
  }

  async #refuse(): Promise<never> {
    throw new FlowFileError(this.where, {
      expected: 'a place that can be written',
      got: this.url,
      hint: 'Save to "file://folder" in Node, "indexeddb://name" in a browser.',
    });
  }
}
