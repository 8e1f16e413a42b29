import { currentTheme } from '../draw/theme.js';

/** Half the width of what a thumbnail shows. */
const REACH = 4.2;

/** A target as a small cloud of points. */
export function drawPreview(canvas: HTMLCanvasElement, points: Float32Array): void {
  const context = canvas.getContext('2d')!;
  const { width, height } = canvas;
  const scale = height / (2 * REACH);
  context.clearRect(0, 0, width, height);
  context.fillStyle = currentTheme().ink;
  context.globalAlpha = 0.55;
  for (let i = 0; i < points.length; i += 2) {
    context.fillRect(width / 2 + scale * points[i] - 1, height / 2 - scale * points[i + 1] - 1, 2, 2);
  }
  context.globalAlpha = 1;
}
