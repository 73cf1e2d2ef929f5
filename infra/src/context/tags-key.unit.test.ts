import { hasCode } from '@waybill/shared/error.ts';
import { describe, expect, it } from 'vitest';
import { readContext } from './context.ts';

/** The lines about these tags. */
function refused(tags: unknown): string[] {
  try {
    readContext({ stacks: 'data', alarmEmail: 'none', tags });
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    return error.message.split('\n  ').slice(1);
  }
  return [];
}

describe("the owner's tags", () => {
  it('are text by key, from -c and from a file', () => {
    const tags = { CostCenter: 4711, 'team:owner': 'Pakete + Briefe = Köln', empty: '' };
    const read = { CostCenter: '4711', 'team:owner': 'Pakete + Briefe = Köln', empty: '' };
    expect(readContext({ stacks: 'data', alarmEmail: 'none', tags }).tags).toEqual(read);
    expect(readContext({ stacks: 'data', alarmEmail: 'none', tags: JSON.stringify(tags) }).tags).toEqual(read);
  });

  it.each([
    ['aws:owner', 'is reserved: keys may not begin with `aws:`, `aws-cdk:` or `waybill:`'],
    ['AWS:owner', 'is reserved: keys may not begin with `aws:`, `aws-cdk:` or `waybill:`'],
    ['waybill:version', 'is reserved: keys may not begin with `aws:`, `aws-cdk:` or `waybill:`'],
    ['', 'is not a key of AWS: 1–128 of letters, digits, spaces and `_.:/=+-@`'],
    [' owner', 'is not a key of AWS: 1–128 of letters, digits, spaces and `_.:/=+-@`'],
    ['owner;team', 'is not a key of AWS: 1–128 of letters, digits, spaces and `_.:/=+-@`'],
    ['k'.repeat(129), 'is not a key of AWS: 1–128 of letters, digits, spaces and `_.:/=+-@`'],
  ])('have no key %j', (key, message) => {
    expect(refused({ [key]: 'x' })).toEqual([`tags.${key} ${message}`]);
  });

  it('have keys of 128 and values of 256 characters at most, and 40 in all', () => {
    expect(refused({ ['k'.repeat(128)]: 'v'.repeat(256) })).toEqual([]);
    expect(
      refused({ owner: 'v'.repeat(257), team: 'a;b', part: { of: 'x' } }).map((line) => line.slice(0, 25)),
    ).toEqual(['tags.part expected text']);
    expect(refused({ owner: 'v'.repeat(257), team: 'a;b' }).map((line) => line.slice(0, 32))).toEqual([
      'tags.owner expected a value of a',
      'tags.team expected a value of at',
    ]);
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, 'x']));
    expect(refused(many(40))).toEqual([]);
    expect(refused(many(41))).toEqual(['tags expected at most 40, got 41']);
  });

  it('have no two keys that differ in capitals only', () => {
    expect(refused({ Owner: 'a', owner: 'b' })).toEqual(['tags.owner is there twice, in capitals and without']);
  });

  it('are an object', () => {
    expect(refused('CostCenter=4711')).toEqual([
      'tags expected JSON, `{"CostCenter": "4711", …}`, 40 at most; 128 characters of a key, 256 of a value, got "CostCenter=4711"',
    ]);
  });
});
