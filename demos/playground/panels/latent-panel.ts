import { Plane } from '../draw/plane.js';
import { drawPoints } from '../draw/points.js';
import { currentTheme } from '../draw/theme.js';
import type { View } from './view.js';

/** Radii of circles that hold 50, 90 and 99 % of a standard normal of two coordinates: `√(-2 log (1 - p))`. */
const RADII = [0.5, 0.9, 0.99].map((share) => Math.sqrt(-2 * Math.log(1 - share)));

/** The plane of the base: where the held-out rows lie there. They should fill it like a standard normal. */
export function latentPanel(canvas: HTMLCanvasElement, view: View): Plane {
  return new Plane(canvas, { x0: -4, x1: 4, y0: -4, y1: 4 }, (plane) => {
    const { frame, brushed, inspected } = view;
    const theme = currentTheme();
    const { context } = plane;
    context.strokeStyle = theme.faint;
    context.lineWidth = 1;
    for (const radius of RADII) {
      context.beginPath();
      context.arc(plane.x(0), plane.y(0), plane.x(radius) - plane.x(0), 0, 2 * Math.PI);
      context.stroke();
    }
    if (!frame) return;
    context.globalAlpha = 0.8;
    drawPoints(plane, frame.latent, { colour: theme.data, radius: 1.25 });
    context.globalAlpha = 1;
    if (brushed.size > 0) drawPoints(plane, frame.latent, { colour: theme.data, radius: 3, only: (i) => brushed.has(i) });
    if (inspected) drawPoints(plane, inspected.path.slice(0, 2), { colour: theme.ink, radius: 5 });
  });
}
