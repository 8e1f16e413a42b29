import type { Plane } from './plane.js';

/** How points are drawn. */
export interface PointStyle {
  readonly colour: string;
  readonly radius: number;
  /** Which to draw; all by default. */
  readonly only?: (index: number) => boolean;
  /** A factor on each radius. */
  readonly scale?: (index: number) => number;
}

/** Draws points x, y, ... as squares or discs, whichever cannot be told apart at their size. */
export function drawPoints(plane: Plane, points: Float32Array, { colour, radius, only, scale }: PointStyle): void {
  const { context } = plane;
  context.fillStyle = colour;
  context.beginPath();
  for (let i = 0; 2 * i < points.length; i++) {
    if (only && !only(i)) continue;
    const r = scale ? radius * scale(i) : radius;
    const [x, y] = [plane.x(points[2 * i]), plane.y(points[2 * i + 1])];
    if (!(r > 0.1) || !Number.isFinite(x + y)) continue;
    if (r < 1.3) context.rect(x - r, y - r, 2 * r, 2 * r);
    else {
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 2 * Math.PI);
    }
  }
  context.fill();
}
