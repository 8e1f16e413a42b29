/** What went wrong, where, and what to do about it. */
export interface FlowErrorDetails {
  /** What the caller should have passed. */
  readonly expected: string;
  /** What was passed. */
  readonly got: string;
  /** What to do about it; a full sentence. */
  readonly hint?: string;
  /** The error that led here, kept as `cause`. */
  readonly cause?: unknown;
}

/**
 * Root of every error this library throws on purpose. The message always reads
 * `Where.method: expected ..., got .... What to do.`
 */
export class FlowError extends Error {
  /** Name of the class, which survives minification. */
  override name: string;
  /** The class and method, or function, that refused. */
  readonly where: string;
  /** What the caller should have passed. */
  readonly expected: string;
  /** What was passed. */
  readonly got: string;

  constructor(where: string, details: FlowErrorDetails) {
    const hint = details.hint ? ` ${details.hint}` : '';
    super(
      `${where}: expected ${details.expected}, got ${details.got}.${hint}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = new.target.name;
    this.where = where;
    this.expected = details.expected;
    this.got = details.got;
  }
}

/** A tensor or table of the wrong rank or size. */
export class FlowShapeError extends FlowError {
  override name = 'FlowShapeError';
}

/** An option that is missing, of the wrong type or out of range. */
export class FlowConfigError extends FlowError {
  override name = 'FlowConfigError';
}

/** Rows that cannot be used: not a number, infinite, outside the support, too few. */
export class FlowDataError extends FlowError {
  override name = 'FlowDataError';
  /** Indices of the first offending rows (at most ten), empty when the fault is not in single rows. */
  readonly rows: readonly number[];

  constructor(where: string, details: FlowErrorDetails & { rows?: readonly number[] }) {
    super(where, details);
    this.rows = details.rows ?? [];
  }
}

/** A value that stopped being finite during a computation. */
export class FlowNumericsError extends FlowError {
  override name = 'FlowNumericsError';
  /** Path of the layer or parameter that went bad, such as `bijector.3.conditioner.output.kernel`. */
  readonly path: string | null;
  /** First offending row of the batch, where one can be named. */
  readonly row: number | null;
  /** The offending value. */
  readonly value: number | null;

  constructor(
    where: string,
    details: FlowErrorDetails & { path?: string | null; row?: number | null; value?: number | null },
  ) {
    super(where, details);
    this.path = details.path ?? null;
    this.row = details.row ?? null;
    this.value = details.value ?? null;
  }
}

/** A saved model or checkpoint that cannot be read, or a place that cannot be written. */
export class FlowFileError extends FlowError {
  override name = 'FlowFileError';
}
