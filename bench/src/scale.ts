import { parseArgs } from 'node:util';
import { scalePage } from './scale/scale-page.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, help: { type: 'boolean' } } });
if (values.help || !/^\d+$/.test(values.seed)) {
  console.error(
    'node bench/src/scale.ts [--seed N]\n\nPrints docs/scale.md with the gusts and interruptions of this seed (1).',
  );
  process.exit(values.help ? 0 : 2);
}
process.stdout.write(scalePage(Number(values.seed)));
