import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/**
 * What a fresh clone is after `npm ci`, in a folder of its own: the files that git has, and the packages from npm, which are linked.
 * Its own packages are its own.
 */
export function freshClone(root: string): string {
  const clone = mkdtempSync(join(tmpdir(), 'waybill-clone-'));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    ...{ cwd: root, encoding: 'utf8', maxBuffer: 16_000_000 },
  });
  for (const file of files.split('\0')) {
    if (file === '' || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(root, file), join(clone, file));
  }
  const [from, to] = [join(root, 'node_modules'), join(clone, 'node_modules')];
  for (const folder of ['.bin', '@waybill']) {
    mkdirSync(join(to, folder), { recursive: true });
    for (const name of readdirSync(join(from, folder)))
      symlinkSync(readlinkSync(join(from, folder, name)), join(to, folder, name));
  }
  for (const name of readdirSync(from)) {
    if (!existsSync(join(to, name))) symlinkSync(resolve(from, name), join(to, name));
  }
  return clone;
}
