import { type Browser, chromium } from 'playwright-core';
import { findChromium } from './find-chromium.ts';

/** Starts Chromium without a window. */
export async function launchBrowser(): Promise<Browser> {
  // Chromium refuses to run as root in its sandbox.
  const isRoot = process.getuid?.() === 0;
  return await chromium.launch({
    executablePath: findChromium(),
    args: [
      ...(isRoot ? ['--no-sandbox'] : []),
      // Containers give /dev/shm 64 MB.
      '--disable-dev-shm-usage',
      // Pictures of one machine are the same bytes each time.
      '--font-render-hinting=none',
      '--disable-lcd-text',
      '--force-color-profile=srgb',
    ],
  });
}
