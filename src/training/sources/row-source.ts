import type { StoredTensor } from '../../io/safetensors.js';
import type { RandomStream } from '../../random.js';

/** Rows that a {@link RowSource} made, in JavaScript memory, one after the other. */
export interface SourceRows {
  /** Events, one after the other. */
  readonly x: Float32Array;
  /** One context an event, or null. */
  readonly context: Float32Array | null;
  /** What the objective wants beside, or null. */
  readonly targets: Float32Array | null;
}

/** What makes the rows of training where there are no data: draws of the base, or of a buffer of weighted draws. */
export interface RowSource {
  /** Whether the rows depend on the weights of the model, which then have to be those of the moment. */
  readonly followsModel: boolean;
  /**
   * Rows of one step.
   *
   * @param stream random numbers of this step alone
   */
  draw(rows: number, stream: RandomStream): Promise<SourceRows>;
  /** What has to be known to go on from here, for checkpoints. Default: nothing. */
  save?(): ReadonlyMap<string, StoredTensor>;
  /** Goes on from what {@link save} gave. */
  restore?(state: ReadonlyMap<string, StoredTensor>): void;
  /** Frees what it holds beside JavaScript memory. */
  dispose?(): void;
}
