import { WaybillError } from '../error.ts';

/** Throws `NODE_UNSUPPORTED` on any other Node: what works there by chance proves nothing about production. */
export function requireNode24(version: string): void {
  if (version.startsWith('v24.')) return;
  throw new WaybillError(
    'NODE_UNSUPPORTED',
    `Waybill needs Node 24, and this is ${version}. npm puts Node 24 first on the PATH of its scripts: run \`npm ci\` ` +
      '(with ignore-scripts, `npm rebuild` after it), then `npm start`. Where npm has no Node 24 for this platform, install it.',
  );
}
