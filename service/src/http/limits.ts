/** What a request may ask for; past these it is answered by 413, 429 or 503. */
export interface Limits {
  /** Bytes of a request with rows in it. Default: 32 MiB. */
  readonly body: number;
  /** Bytes of a table that is uploaded for a job. Default: 4 GiB. */
  readonly upload: number;
  /** Bytes of a model, unpacked. Default: 512 MiB. */
  readonly model: number;
  /** Rows of a request that is answered at once, and draws. Default: 100,000. */
  readonly rows: number;
  /** Rows that wait for their score, of all requests. Default: 1,000,000. */
  readonly waitingRows: number;
  /** Jobs that have not ended. Default: 100. */
  readonly jobs: number;
  /** Seconds in which a request has to arrive. Default: 300. */
  readonly arrival: number;
  /** Seconds in which a request is answered. Default: 60. */
  readonly answer: number;
}

/** Where nothing is said. */
export const DEFAULT_LIMITS: Limits = {
  body: 32 * 2 ** 20,
  upload: 4 * 2 ** 30,
  model: 512 * 2 ** 20,
  rows: 100_000,
  waitingRows: 1_000_000,
  jobs: 100,
  arrival: 300,
  answer: 60,
};

/** What there are limits of. */
export const LIMIT_NAMES: readonly string[] = Object.keys(DEFAULT_LIMITS);
