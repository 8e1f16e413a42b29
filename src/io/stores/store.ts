/** File contents by file name. */
export type Files = ReadonlyMap<string, Uint8Array>;

/**
 * A place that holds one saved model or checkpoint, as a few named files that belong together.
 *
 * `names` lists the files in question, the one that describes the others first. Every method throws FlowFileError when
 * the place cannot do what is asked.
 */
export interface ModelStore {
  /** All files named. */
  read(names: readonly string[]): Promise<Files>;
  /** Replaces all files together: whatever happens, the place holds the old ones or the new ones. */
  write(files: Files): Promise<void>;
  /** Whether all files named are there. */
  exists(names: readonly string[]): Promise<boolean>;
  /** Deletes the files named; nothing happens when there are none. */
  remove(names: readonly string[]): Promise<void>;
}
