import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { apiAccess, apiLines, tokenBytes } from './api-access.ts';

const access = apiAccess(65_535, Buffer.alloc(tokenBytes, 255));

describe('access to the API of npm start', () => {
  test('tells the process the hash of the token, and the token only to the reader', () => {
    const { API_TOKENS } = access.variables;
    expect(JSON.parse(String(API_TOKENS))).toEqual([
      {
        name: 'npm-start',
        scopes: ['read', 'ingest', 'operate'],
        sha256: createHash('sha256').update(access.token).digest('hex'),
      },
    ]);
    expect(JSON.stringify(access.variables)).not.toContain(access.token);
  });

  test('is on this machine only', () => {
    expect(access.variables).toMatchObject({ API_HOST: '127.0.0.1', API_PORT: '65535' });
  });

  test('is printed in lines of 80 columns: a link that signs in to the page, and what a shell needs for the API', () => {
    const lines = apiLines(access);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines).toContain(`  http://127.0.0.1:65535/sign-in#${access.token}`);
    expect(lines).toContain(`  export WAYBILL_TOKEN=${access.token}`);
  });
});
