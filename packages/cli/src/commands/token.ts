import { createHash } from 'node:crypto';
import { command } from '../command/command.ts';
import { required, requiredList } from '../command/options.ts';
import { oneOf, type Parser } from '../command/parsers.ts';

const scopes = ['read', 'ingest', 'operate'] as const;

const tokenName: Parser<string> = (text) =>
  /^[A-Za-z0-9._-]{1,64}$/.test(text) ? { value: text } : { problem: 'expected 1–64 of A-Za-z0-9._-' };

/** Bytes of a token: nobody guesses one of 2^256. */
const tokenBytes = 32;

/** `waybill_…`: the prefix lets scanners of code find one that was committed. */
function tokenOf(bytes: Uint8Array): string {
  return `waybill_${Buffer.from(bytes).toString('base64url')}`;
}

const create = command({
  name: 'token new',
  summary: "make a token of the API, and its entry for the API's variable API_TOKENS",
  details:
    'The token is printed once and kept nowhere; the entry holds its SHA-256 only. Two entries of one name are valid at the same time: add the new one, move the client, then take the old one out.',
  examples: [
    { line: 'token new --name dashboard --scope read', says: 'for a program that asks for parcels' },
    { line: 'token new --name carrier --scope ingest --json', says: 'for one that pushes events, as JSON' },
    { line: 'token new --name anna --scope read --scope operate', says: 'for a person who also mends' },
  ],
  options: {
    name: required('NAME', 'who has it: it stands in logs and on record', tokenName),
    scope: requiredList('SCOPE', 'what it allows', oneOf(scopes), { choices: scopes }),
  },
  isOffline: true,
  prints: 'document',
  shape: async () => (await import('@waybill/operations/token-shape.ts')).newTokenShape,
  run: async ({ options }, tools) => {
    const token = tokenOf(tools.randomBytes(tokenBytes));
    const entry = {
      name: options.name,
      scopes: scopes.filter((scope) => options.scope.includes(scope)),
      sha256: createHash('sha256').update(token).digest('hex'),
    };
    tools.print.document({ token, entry }, () => [
      'The token, which is shown once and kept nowhere:',
      `  ${token}`,
      'Its entry for API_TOKENS:',
      `  ${JSON.stringify(entry)}`,
    ]);
    return undefined;
  },
});

export const tokenCommands = [create];
