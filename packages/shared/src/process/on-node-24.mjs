// npm's scripts load it before the program (`--import`), and any Node runs it: an old one cannot read TypeScript, and would say
// only that.
if (!process.version.startsWith('v24.')) {
  process.stderr.write(
    `Waybill needs Node 24, and this is ${process.version}: run \`npm ci\`, or \`npm rebuild\` after one with ignore-scripts. ` +
      'Where npm has no Node 24 for this platform, install it.\n',
  );
  process.exit(2);
}
