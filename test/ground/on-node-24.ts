/** Before any test: tests prove nothing about Node 24 when another Node runs them. */
export default function assertNode24(): void {
  if (!process.version.startsWith('v24.')) {
    throw new Error(
      `The tests must run on Node 24, not ${process.version}. npm puts it first on the PATH of its scripts: ` +
        'run `npm ci`, then a script such as `npm test`. Where npm has no Node for this platform, install Node 24.',
    );
  }
  console.log(`Tests run on Node ${process.version}`);
}
