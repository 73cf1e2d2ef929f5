import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { pageParameters } from './page.ts';

const shape = z.strictObject(pageParameters);
const limitOf = (limit: unknown) => shape.safeParse({ limit }).data?.limit;

describe('the limit of a page', () => {
  test('is 100 unless given, and 1,000 where it is more', () => {
    expect(shape.parse({})).toEqual({ limit: 100 });
    expect(['1', '999', '1000', '1001', '9007199254740993', `1${'0'.repeat(400)}`].map(limitOf)).toEqual([
      1, 999, 1_000, 1_000, 1_000, 1_000,
    ]);
  });

  test.each([['0'], ['-1'], ['+1'], [''], [' 5'], ['5 '], ['05'], ['5.0'], ['1e2'], ['0x10'], ['ten'], [['1', '2']]])(
    'is refused as %j',
    (limit) => {
      expect(shape.safeParse({ limit }).success).toBe(false);
    },
  );

  test('is documented as what it takes', () => {
    const { properties } = z.toJSONSchema(shape, { io: 'input' });
    expect(properties?.['limit']).toMatchObject({ type: 'integer', minimum: 1, default: 100 });
    expect(JSON.parse(JSON.stringify(properties?.['limit']))).not.toHaveProperty('maximum');
  });
});
