import type { Tensor } from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import { writeFileSync } from 'node:fs';
import { imageGrid, type ImageGridOptions } from 'tfjs-flows';

/** Writes images, `[n, height, width, channels]`, as one PNG file, and frees them. */
export async function writeGrid(
  path: string,
  images: Tensor,
  options: Omit<ImageGridOptions, 'shape'> = {},
): Promise<void> {
  const picture = imageGrid(await images.data(), { scale: 3, ...options, shape: images.shape });
  images.dispose();
  writeFileSync(path, encode(picture));
}

/** A page with pictures that lie beside it. */
export function renderPage(
  summary: string,
  pictures: readonly { readonly file: string; readonly caption: string }[],
): string {
  const figures = pictures.map(({ file, caption }) => `<figure><img src="${file}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`); // prettier-ignore
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Digits out of noise</title>
<style>
  body { font: 16px/1.55 system-ui, sans-serif; color: #d9d6e6; background: #15132a; max-width: 1100px; margin: 2.5rem auto; padding: 0 1.5rem; }
  h1 { font-weight: 600; font-size: 1.6rem; margin: 0; }
  p { color: #b9b6c9; max-width: 46rem; }
  main { display: flex; flex-wrap: wrap; gap: 2rem; align-items: flex-start; }
  figure { margin: 0; }
  img { image-rendering: pixelated; border-radius: 4px; max-width: 100%; }
  figcaption { color: #b9b6c9; font-size: .9rem; }
</style>
<h1>Digits out of noise</h1>
<p>${summary}</p>
<main>
${figures.join('\n')}
</main>
</html>
`;
}
