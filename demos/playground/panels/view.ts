import type { Frame, PointReport, Started } from '../protocol.js';

/** What a lane shows, for its panels to draw. */
export interface View {
  started: Started | null;
  frame: Frame | null;
  /** The newest journey, which is not in every frame. */
  journey: Frame['journey'];
  /** Held-out rows that are brushed. */
  brushed: ReadonlySet<number>;
  inspected: PointReport | null;
  /** Where the slider stands, in stages from the base. */
  position: number;
}

/** Which layers of the data panel are on. */
export interface Layers {
  density: boolean;
  contours: boolean;
  samples: boolean;
  data: boolean;
  truth: boolean;
}
