import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { WaybillError } from '../error.ts';
import { decimalNumber, httpUrl, oneOf, pattern, readEnv, secret, type VariableSchema, wholeNumber } from './env.ts';

/** What reading `text` as this variable gives: its value, or the line of the error. */
function reading<T>(schema: VariableSchema<T>, text: string | undefined): T | string {
  try {
    return readEnv(z.object({ NAME: schema }), text === undefined ? {} : { NAME: text }).NAME;
  } catch (error) {
    return error instanceof WaybillError ? (error.message.split('\n')[1] ?? '') : String(error);
  }
}

const errorOf = (read: () => unknown): WaybillError => {
  try {
    read();
  } catch (error) {
    if (error instanceof WaybillError) return error;
  }
  throw new Error('expected a WaybillError');
};

describe('a wrong configuration', () => {
  const schema = z.object({
    PORT: wholeNumber({ min: 0, max: 65_535, default: 8080, meaning: 'a port' }),
    URL: httpUrl({ meaning: 'an address' }),
    LEVEL: oneOf(['info', 'warn'], { default: 'info', meaning: 'a level' }),
    TOKEN: secret({ meaning: 'a token' }),
  });

  test('is shown whole: a line for every wrong variable, with what was expected and what came', () => {
    const error = errorOf(() => readEnv(schema, { PORT: '70000', LEVEL: 'loud', TOKEN: 'with space' }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message.split('\n')).toEqual([
      expect.stringContaining('docs/configuration.md'),
      '  PORT expected a whole number 0–65,535, got "70000"',
      '  URL is required: an http(s) URL without user or password',
      '  LEVEL expected one of info, warn, got "loud"',
      '  TOKEN expected any visible ASCII text, got something else',
    ]);
  });

  test('names no variable that is right, nor any that is not Waybill’s', () => {
    const error = errorOf(() => readEnv(schema, { PORT: 'x', URL: 'http://host/', HOME: '/root', PATH: '' }));
    expect(error.message.split('\n').slice(1)).toEqual([expect.stringMatching(/^ {2}PORT /)]);
  });

  test('quotes what came, so that a line break or a blank in it is seen, and no more than 100 characters of it', () => {
    expect(reading(schema.shape.PORT, '80\n')).toContain('got "80\\n"');
    expect(reading(schema.shape.PORT, 'x'.repeat(5_000))).toMatch(/got "x{100}…"$/);
  });
});

describe('an empty value', () => {
  test('is a missing one: the default, or an error that says what is required', () => {
    for (const text of ['', undefined]) {
      expect(reading(wholeNumber({ min: 1, max: 9, default: 5, meaning: '' }), text)).toBe(5);
      expect(reading(pattern(/./, { allowed: 'any text', meaning: '' }), text)).toBe('  NAME is required: any text');
      expect(reading(secret({ meaning: '' }), text)).toBe('');
    }
  });
});

describe('a whole number', () => {
  const schema = wholeNumber({ min: 10, max: 2_000, default: 100, meaning: '' });

  test('is every number of its range in decimal digits, and no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000 }), (number) => {
        const inside = number >= 10 && number <= 2_000;
        expect(typeof reading(schema, String(number))).toBe(inside ? 'number' : 'string');
        if (inside) expect(reading(schema, String(number))).toBe(number);
      }),
    );
  });

  test.for(['1e2', '0x10', '-10', '+10', '10.0', ' 10', '10 ', '1_000', '1,000', 'ten', 'NaN', 'Infinity', '٣٠'])(
    'is not %j',
    (text) => {
      expect(reading(schema, text)).toBe(`  NAME expected a whole number 10–2,000, got ${JSON.stringify(text)}`);
    },
  );

  test('without an upper bound goes as far as numbers are whole', () => {
    const id = wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER, default: 1, meaning: '' });
    expect(reading(id, '9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(reading(id, '9007199254740992')).toBe('  NAME expected a whole number ≥ 1, got "9007199254740992"');
  });
});

describe('a decimal number', () => {
  const schema = decimalNumber({ min: 0.1, max: 1_000, default: 10, meaning: '' });

  test.for([
    ['0.1', 0.1],
    ['1000', 1_000],
    ['12.50', 12.5],
  ] as const)('may be %s', ([text, number]) => {
    expect(reading(schema, text)).toBe(number);
  });

  test.for(['0.09', '1000.1', '1e2', '.5', '5.', '-1', '1,5', 'x'])('is not %j', (text) => {
    expect(reading(schema, text)).toBe(`  NAME expected a number 0.1–1,000, got ${JSON.stringify(text)}`);
  });
});

describe('an http(s) URL', () => {
  const schema = httpUrl({ meaning: '' });

  test.for(['http://host', 'https://host:8443/v1/scans?x=1', 'HTTP://127.0.0.1:9324/', 'http://[::1]:8000'])(
    'may be %s, which is kept as it is',
    (text) => {
      expect(reading(schema, text)).toBe(text);
    },
  );

  test.for(['host', 'host:80', '/path', 'ftp://host', 'file:///etc/passwd', 'http://', 'http://ho st', 'javascript:1'])(
    'is not %j',
    (text) => {
      expect(reading(schema, text)).toBe(
        `  NAME expected an http(s) URL without user or password, got ${JSON.stringify(text)}`,
      );
    },
  );

  test.for([
    ['http://user:hunter2@host/v1', '"http://…@host/v1"'],
    ['http://hunter2@host', '"http://…@host"'],
    ['http://:hunter2@host', '"http://…@host"'],
    ['http://user:hunter2/p@ss@host', '"http://…@host"'],
    ['htp://user:hunter2@host', '"htp://…@host"'],
    ['user:hunter2@host', '"…@host"'],
    ['http://user:hunter2@', '"http://…@"'],
    ['htp://host/v1?key=hunter2', '"htp://host/v1?…"'],
    ['host/v1?key=hunter2#hunter2', '"host/v1?…"'],
    ['http://me@host/v1?key=hunter2 ', '"http://…@host/v1?…"'],
    ['http://user:hunter2?hunter2@host', '"http://…"'],
    ['htp://host/v1?key=hunter2@hunter2', '"htp://…"'],
    ['http://user:hunter2\n@ho st', '"http://…@ho st"'],
  ] as const)('with a password, as %j, is refused without showing it', ([text, shown]) => {
    expect(reading(schema, text)).toBe(`  NAME expected an http(s) URL without user or password, got ${shown}`);
  });
});

describe('a secret', () => {
  test('is any visible ASCII text', () => {
    expect(reading(secret({ meaning: '' }), 'eyJhbGciOi~!')).toBe('eyJhbGciOi~!');
  });

  test('is never echoed, whatever is wrong with it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const answer = reading(secret({ meaning: '' }), text);
        expect([text, '  NAME expected any visible ASCII text, got something else']).toContain(answer);
      }),
    );
    expect(reading(secret({ meaning: '' }), 'hunter2\n')).not.toContain('hunter2');
  });
});

describe('text by a pattern, and a choice', () => {
  test('are what the pattern or the list says', () => {
    const feed = pattern(/^[a-z]+$/, { allowed: 'small letters', meaning: '', default: 'scans' });
    expect(reading(feed, 'parcels')).toBe('parcels');
    expect(reading(feed, 'Parcels')).toBe('  NAME expected small letters, got "Parcels"');
    const level = oneOf(['info', 'warn'], { default: 'info', meaning: '' });
    expect(reading(level, 'warn')).toBe('warn');
    expect(reading(level, 'WARN')).toBe('  NAME expected one of info, warn, got "WARN"');
    expect(reading(level, 'toString')).toBe('  NAME expected one of info, warn, got "toString"');
  });
});
