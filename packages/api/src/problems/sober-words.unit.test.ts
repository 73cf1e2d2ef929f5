import { describe, expect, test } from 'vitest';
import { inSoberWords } from './sober-words.ts';

const secret = 'arn:aws:iam::123456789012:role/waybill';

describe('what went wrong, for a client,', () => {
  test('tells a service that refuses from one that does not answer, and shows no text of either', () => {
    const refused = Object.assign(new Error(secret), {
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
    expect(inSoberWords(refused)).toBe('a service of AWS refused a request (AccessDeniedException)');
    const away = Object.assign(new Error(secret), { code: 'ECONNREFUSED', $metadata: { attempts: 3 } });
    expect(inSoberWords(away)).toBe('a service of AWS does not answer (ECONNREFUSED)');
    const late = Object.assign(new Error(secret), { name: 'TimeoutError', $metadata: { attempts: 3 } });
    expect(inSoberWords(late)).toBe('a service of AWS does not answer (TimeoutError)');
  });
});
