import { chromium, type Browser, type ConsoleMessage, type Page } from 'playwright-core';
import { DRAWING_FLAGS } from './drawing.js';

/** Finds a browser; seen from the folder of built files. */
const SCRIPT = new URL('../../../scripts/chromium.mjs', import.meta.url).href;

/** No connection but to this machine. */
const FLAGS = ['--no-sandbox', '--no-proxy-server', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'];

/** What Chromium says about drawing on the processor; every other warning fails a test. */
const EXPECTED_WARNINGS = /GPU stall due to ReadPixels|Automatic fallback to software WebGL/;

/** A headless browser that reaches nothing but this machine. */
export async function launch(): Promise<Browser> {
  const { findChromium } = (await import(SCRIPT)) as { findChromium: () => string | null };
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No browser found. Run `npm test`, which installs one or says how.');
  return chromium.launch({ executablePath, args: [...FLAGS, ...DRAWING_FLAGS] });
}

/** Errors and warnings of a page, as they come. */
export function collectProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`uncaught ${error.stack ?? error.message}`));
  page.on('console', (message: ConsoleMessage) => {
    const serious = message.type() === 'error' || message.type() === 'warning';
    if (serious && !EXPECTED_WARNINGS.test(message.text())) problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on('crash', () => problems.push('the page crashed'));
  return problems;
}
