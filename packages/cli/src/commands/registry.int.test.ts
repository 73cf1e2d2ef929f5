import { describe, expect, test } from 'vitest';
import { useCommandLine } from '../../test/cli-rig.ts';
import { wordsOf } from '../../test/example-words.ts';
import { type Command, shapeOf } from '../command/command.ts';
import { commands } from './registry.ts';

const { run } = useCommandLine(process.env);

/** An example as this test runs it: on these engines, as JSON, and without doing anything. */
function asked(line: string, { isAct, prints }: Command): readonly string[] {
  const words = wordsOf(line.replace(/ --(environment|stack) \S+/, ''));
  const more = [...(prints === 'text' ? [] : ['--json']), ...(isAct ? ['--dry-run'] : [])];
  return [...words, ...more.filter((flag) => !words.includes(flag))];
}

describe.each(commands.map((command) => [command.name, command] as const))('waybill %s', (_name, command) => {
  test.for(command.examples.map(({ line }) => line))(
    '%s: prints its shape, or nothing and what is wrong',
    async (line) => {
      // `status` waits for half a lease where no poller is seen.
      const { code, stdout, stderr } = await run(asked(line, command), { env: { LEASE_SECONDS: '2' } });
      if (stdout !== '' && command.prints !== 'text') {
        const shape = await shapeOf(command);
        const texts = command.prints === 'document' ? [stdout] : stdout.split('\n').filter((each) => each !== '');
        for (const text of texts) expect(shape?.safeParse(JSON.parse(text)).error).toBeUndefined();
      }
      // What is not there, or not configured here, is said in words, or is the answer. A stack would be a mistake of ours.
      if (code !== 0 && stdout === '') expect(stderr).toMatch(/^waybill: /);
      expect(stderr).not.toMatch(/^\s+at |TypeError|ReferenceError/m);
    },
  );
});
