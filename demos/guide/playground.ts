import { servePlayground, trainUntil } from '../../support/browser/playground.js';

const STEPS = 1500;
const WIDTH = 1240;

/** The playground when its first flow has learned. */
export async function playground(): Promise<Uint8Array> {
  const served = await servePlayground();
  try {
    const { page } = await served.open(`#target=pinwheel&steps=${STEPS}`, { width: WIDTH, height: 900 });
    await trainUntil(page, STEPS);
    await page.waitForSelector('#play >> text=Play');
    const planes = (await page.locator('.planes').first().boundingBox())!;
    return await page.screenshot({ clip: { x: 0, y: 0, width: WIDTH, height: Math.ceil(planes.y + planes.height) } });
  } finally {
    await served.close();
  }
}
