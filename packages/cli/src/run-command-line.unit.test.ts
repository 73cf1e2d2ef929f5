import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { buildInfo } from '@waybill/shared/process/build-info.ts';
import { describe, expect, test } from 'vitest';
import { type RunOptions, runCommand } from '../test/cli-rig.ts';
import { command } from './command/command.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import type { Tools } from './tools/tools.ts';

/** Runs a command that does as a test says. */
async function running(run: (tools: Tools) => Promise<ExitCode | undefined>, options: RunOptions = {}) {
  const trying = command({
    name: 'try',
    summary: 'tries',
    examples: [{ line: 'try', says: 'tries' }],
    prints: 'document',
    run: (_given, tools) => run(tools),
  });
  return await runCommand(['try'], { ...options, commands: [trying] });
}

const never = () => new Promise<never>(() => undefined);

/** An output that cannot be written: `EPIPE` of a pipe whose reader has gone. */
const closedOutput = (code: string) =>
  new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(`write ${code}`), { code })),
  });

describe('a command', () => {
  test('ends quietly with 0 when the reader of its output has gone, whatever it still waits for', async () => {
    const ran = await running(
      async ({ print }) => {
        print.text(['first']);
        return await never();
      },
      { stdout: closedOutput('EPIPE') },
    );
    expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('fails where its output cannot be written for another reason, so that nobody takes a part for all', async () => {
    const ran = await running(
      async ({ print }) => {
        print.text(['first']);
        return await never();
      },
      { stdout: closedOutput('ENOSPC') },
    );
    expect(ran).toEqual({ code: 1, stdout: '', stderr: 'waybill: Standard output cannot be written (ENOSPC)\n' });
  });

  test('fails where its output cannot be written, even when it ends before that is known', async () => {
    const full = () => ({ stdout: closedOutput('ENOSPC') });
    const failed = { code: 1, stdout: '', stderr: 'waybill: Standard output cannot be written (ENOSPC)\n' };
    const prints = async ({ print }: Tools) => {
      print.text(['first']);
      print.text(['second']);
      return exitCodes.done;
    };
    expect(await running(prints, full())).toEqual(failed);
    expect(await runCommand(['--help'], full())).toEqual(failed);
  });

  test('prints whole lines into a pipe, and as wide as COLUMNS says where that is set', async () => {
    const words = { title: 'detail', of: (text: string) => text, mayBeCut: true };
    const prints = async ({ print }: Tools) => {
      await print.list(['a detail of many words that goes on'], [words], 'none');
      return exitCodes.done;
    };
    const shown = async (env: Readonly<Record<string, string>>) => (await running(prints, { env })).stdout;
    for (const env of [{}, { COLUMNS: '' }, { COLUMNS: 'wide' }])
      expect(await shown(env)).toBe('detail\na detail of many words that goes on\n');
    expect(await shown({ COLUMNS: '20' })).toBe('detail\na detail of many wo…\n');
  });

  test('ends with 130 at the first Ctrl-C, whatever it waits for, and before it has begun', async () => {
    const first = new AbortController();
    const ran = running(never, { first: first.signal });
    await turn();
    first.abort();
    expect(await ran).toEqual({ code: 130, stdout: '', stderr: '' });
    expect(await running(never, { first: first.signal })).toMatchObject({ code: 130 });
  });

  test('of an image says with its version which commit it is', async () => {
    const { version } = buildInfo({});
    const env = { WAYBILL_COMMIT: 'c0'.repeat(20) };
    expect((await runCommand(['--version'], { env })).stdout).toBe(`${version} (commit ${env.WAYBILL_COMMIT})\n`);
    expect((await runCommand(['--version'])).stdout).toBe(`${version}\n`);
  });

  test('that fails says what was thrown in a line, without a stack', async () => {
    const ran = await running(() => Promise.reject(new TypeError('x is not a function')));
    expect(ran).toEqual({ code: 1, stdout: '', stderr: 'waybill: TypeError: x is not a function\n' });
  });

  test('has colours on a terminal only, and not with NO_COLOR', async () => {
    const say = async ({ print }: Tools) => {
      print.document({}, (_value, view) => [view.styled('red', 'lost')]);
      return undefined;
    };
    expect((await running(say, { columns: 80 })).stdout).toBe('\u001B[31mlost\u001B[39m\n');
    expect((await running(say, { columns: 80, env: { NO_COLOR: '1' } })).stdout).toBe('lost\n');
    expect((await running(say)).stdout).toBe('lost\n');
  });

  test('that asks without a terminal is refused, with the flag that answers', async () => {
    const ran = await running(async ({ ask }) => {
      await ask('Which feed? ', '--feed');
      return undefined;
    });
    expect(ran).toEqual({
      ...{ code: 2, stdout: '' },
      stderr: 'waybill: There is no terminal to ask on: give --feed\n  Try: waybill try --help\n',
    });
  });
});
