import { drawContour, massLevels } from '../draw/contours.js';
import { HeatMap } from '../draw/heat-map.js';
import { Plane } from '../draw/plane.js';
import { drawPoints } from '../draw/points.js';
import { currentTheme } from '../draw/theme.js';
import { drawPath } from './path.js';
import type { Layers, View } from './view.js';

/** Shares of the mass that contours hold. */
const SHARES = [0.5, 0.9, 0.99];

/** The plane of the data: density, contours, draws, held-out rows. */
export function dataPanel(canvas: HTMLCanvasElement, view: View, layers: Layers): Plane {
  const heatMap = new HeatMap();
  return new Plane(canvas, { x0: -4, x1: 4, y0: -4, y1: 4 }, (plane) => {
    const { frame, started, brushed, inspected } = view;
    if (started) plane.bounds = started.bounds;
    if (!frame || !started) return;
    const theme = currentTheme();
    const { context } = plane;
    const density = layers.truth && started.truth ? started.truth : frame.density;
    if (layers.density) heatMap.draw(plane, density, theme.dark);
    if (layers.contours) {
      context.strokeStyle = theme.ink;
      massLevels(density, SHARES).forEach((level, i) => {
        context.lineWidth = 1;
        context.globalAlpha = [0.75, 0.5, 0.28][i];
        drawContour(plane, density, level);
      });
    }
    context.globalAlpha = 0.75;
    if (layers.data) drawPoints(plane, started.data, { colour: theme.data, radius: 1.2 });
    context.globalAlpha = 0.8;
    const { samples, weights } = frame;
    const scale = weights ? (i: number) => Math.min(3, Math.sqrt(weights[i])) : undefined;
    if (layers.samples) drawPoints(plane, samples, { colour: theme.model, radius: 1.25, scale });
    context.globalAlpha = 1;
    if (brushed.size > 0) drawPoints(plane, started.data, { colour: theme.data, radius: 3, only: (i) => brushed.has(i) });
    if (inspected) drawPath(plane, inspected, theme);
  });
}
