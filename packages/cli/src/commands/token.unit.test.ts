import { createHash } from 'node:crypto';
import { newTokenShape } from '@waybill/operations/token-shape.ts';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../test/cli-rig.ts';

describe('waybill token new', () => {
  test('prints a token once, and the entry that lets it in', async () => {
    const { stdout, stderr, code } = await runCommand([
      'token',
      'new',
      '--name',
      'anna',
      '--scope',
      'operate',
      '--scope',
      'read',
      '--scope',
      'read',
      '--json',
    ]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const { token, entry } = newTokenShape.parse(JSON.parse(stdout));
    expect(entry).toEqual({
      name: 'anna',
      scopes: ['read', 'operate'],
      sha256: createHash('sha256').update(token).digest('hex'),
    });
    const again = await runCommand(['token', 'new', '--name', 'anna', '--scope', 'read']);
    expect(again.stdout).toMatch(/\n {2}waybill_[\w-]{43}\nIts entry for API_TOKENS:\n {2}\{"name":"anna"/);
    expect(again.stdout).not.toContain(token);
  });

  test.for([
    [[], 'required option'],
    [['--name', 'a b', '--scope', 'read'], 'expected 1–64'],
    [['--name', 'anna', '--scope', 'admin'], 'expected one of read, ingest, operate, got "admin"'],
    [['--name', 'anna'], "required option '--scope"],
  ] as const)('with %j says what was expected', async ([args, expected]) => {
    const { code, stderr, stdout } = await runCommand(['token', 'new', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(expected);
  });
});
