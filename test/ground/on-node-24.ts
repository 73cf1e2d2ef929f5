/** Runs before all tests: on another Node, they prove nothing about Node 24. */
export default function setup(): void {
  requireNode24(process.version);
  console.log(`Tests run on Node ${process.version}`);
}

export function requireNode24(version: string): void {
  if (version.startsWith('v24.')) return;
  throw new Error(
    `The tests must run on Node 24, not ${version}. npm puts it first on the PATH of its scripts: run \`npm ci\` (with ` +
      'ignore-scripts, `npm rebuild` after it), then a script such as `npm test`. Where npm has no Node 24 for this ' +
      'platform, install it.',
  );
}
