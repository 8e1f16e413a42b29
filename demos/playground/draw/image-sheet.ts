import { currentTheme } from './theme.js';

/** Small grey images in rows on one canvas, ink on paper in light and chalk on slate in dark. */
export function drawSheet(canvas: HTMLCanvasElement, pixels: Uint8ClampedArray, side: number, columns: number): void {
  const count = pixels.length / (side * side);
  const rows = Math.ceil(count / columns);
  canvas.width = columns * (side + 1) - 1;
  canvas.height = rows * (side + 1) - 1;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(canvas.width, canvas.height);
  const { dark } = currentTheme();
  for (let i = 0; i < count; i++) {
    const [left, top] = [(i % columns) * (side + 1), Math.floor(i / columns) * (side + 1)];
    for (let pixel = 0; pixel < side * side; pixel++) {
      const value = pixels[i * side * side + pixel];
      const at = 4 * ((top + Math.floor(pixel / side)) * canvas.width + left + (pixel % side));
      image.data.fill(dark ? value : 255 - value, at, at + 3);
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}
