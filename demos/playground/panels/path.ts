import type { Plane } from '../draw/plane.js';
import { drawPoints } from '../draw/points.js';
import type { Theme } from '../draw/theme.js';
import type { PointReport } from '../protocol.js';

/** The way of one point from the base to the data. */
export function drawPath(plane: Plane, { path }: PointReport, theme: Theme): void {
  const { context } = plane;
  context.strokeStyle = theme.ink;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let i = 0; i < path.length; i += 2) context.lineTo(plane.x(path[i]), plane.y(path[i + 1]));
  context.stroke();
  drawPoints(plane, path, { colour: theme.ink, radius: 2.5 });
  drawPoints(plane, path.slice(-2), { colour: theme.data, radius: 5 });
}
