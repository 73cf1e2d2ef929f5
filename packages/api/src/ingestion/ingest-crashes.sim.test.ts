import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { pushMutants } from '../../test/push-mutants.ts';

/** Seeds in which each mutant must be noticed; the rarest is by the 892nd. */
const seeds = '1..1500';

const program = fileURLToPath(new URL('../../test/push-seeds.ts', import.meta.url));

async function firstFailure(...options: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, '--seeds', seeds, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_V8_COVERAGE: '' },
  });
  const [printed] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return printed;
}

describe('pushes to processes that are killed', () => {
  test(`keep every promise over the seeds ${seeds}`, async () => {
    expect(await firstFailure()).toBe('');
  });

  test.concurrent.for(pushMutants)('show that there is $name', async ({ name }) => {
    // A mutant that only crashes the program prints nothing that is one.
    expect(JSON.parse(await firstFailure('--mutant', name))).toMatchObject({ seed: expect.any(Number) });
  });
});
