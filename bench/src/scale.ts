import { givenOrExit } from '@waybill/shared/process/program.ts';

const { values } = givenOrExit({
  command: 'bench/src/scale.ts',
  says: 'Prints docs/scale.md.',
  flags: { seed: { type: 'string', placeholder: 'N', says: 'of the gusts and interruptions (1)' } },
  examples: [{ line: 'npm exec --call "node bench/src/scale.ts" > docs/scale.md', says: 'after a change of the page' }],
  exitCode: '0 printed, 2 wrong flags.',
  docs: ['docs/scale.md'],
});
const seed = values.get('seed') ?? '1';
if (!/^\d+$/.test(seed)) {
  process.stderr.write(`bench/src/scale.ts: --seed expected a whole number, got ${JSON.stringify(seed)}\n`);
  process.exit(2);
}
// It loads the CDK, which a mistake need not wait for.
const { scalePage } = await import('./scale/scale-page.ts');
process.stdout.write(scalePage(Number(seed)));
