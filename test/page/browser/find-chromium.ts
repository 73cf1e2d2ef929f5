import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../chromium', import.meta.url));

/** Where Chromium is, as `test/page/chromium` finds it. Throws with what it says where there is none. */
export function findChromium(): string {
  const { status, stdout, stderr } = spawnSync(script, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.trim());
  return stdout.trim();
}
