import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AddressPolicy, whyRefused } from './address-policy.ts';
import { cidr } from './cidr.ts';

const publicOnly: AddressPolicy = { reach: 'public', listed: [] };
const all: AddressPolicy = { reach: 'any', listed: [cidr('0.0.0.0/0'), cidr('::/0')] };

/** IANA's registries of special-purpose addresses, multicast and what is not assigned: by Node's own matcher, not `ipaddr.js`. */
const specialOf = {
  ipv4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.31.196.0/24',
    '192.52.193.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '192.175.48.0/24',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ],
  ipv6: ['::/3', '2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20', '4000::/2', '8000::/1'],
} as const;
/** One for each family: in a list of both, `::/3` has all of IPv4, too. */
const listOf = (family: 'ipv4' | 'ipv6') => {
  const list = new BlockList();
  for (const network of specialOf[family]) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), family);
  }
  return (address: string) => list.check(address, family);
};
const special = { ipv4: listOf('ipv4'), ipv6: listOf('ipv6') };

const hex = (bytes: readonly number[]) => {
  const words = Array.from({ length: 8 }, (_each, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return words.join(':');
};
const bytes = (length: number) => fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length });

/** Any address, and those around the borders of the special networks. */
const anyAddress = fc.oneof(
  bytes(4).map((each) => each.join('.')),
  bytes(16).map(hex),
  // Global unicast, of which most of the networks are a part.
  bytes(14).map((each) => hex([0x20, 0x01, ...each])),
  fc
    .tuple(fc.constantFrom(...specialOf.ipv4), fc.integer({ min: -1, max: 1 }), fc.boolean())
    .map(([network, off, atEnd]) => {
      const [address = '', bits = ''] = network.split('/');
      const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
      const edge = (first + (atEnd ? 2 ** (32 - Number(bits)) : 0) + off + 2 ** 32) % 2 ** 32;
      return [24, 16, 8, 0].map((shift) => Math.floor(edge / 2 ** shift) % 256).join('.');
    }),
  fc
    .tuple(fc.constantFrom(...specialOf.ipv6), fc.bigInt({ min: -1n, max: 1n }), fc.boolean())
    .map(([network, off, atEnd]) => {
      const [address = '', bits = ''] = network.split('/');
      const [head = ''] = address.split('::');
      const words = head.split(':').filter((word) => word !== '');
      const first = BigInt(
        `0x${words
          .map((word) => word.padStart(4, '0'))
          .join('')
          .padEnd(32, '0')}`,
      );
      const edge = (first + (atEnd ? 1n << BigInt(128 - Number(bits)) : 0n) + off) & ((1n << 128n) - 1n);
      const digits = edge.toString(16).padStart(32, '0');
      return [...(digits.match(/.{4}/g) ?? [])].join(':');
    }),
);

describe('an address', () => {
  test('is public just where no registry of special addresses has it', () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        const isSpecial = special[isIP(address) === 4 ? 'ipv4' : 'ipv6'](address);
        expect([address, whyRefused(address, publicOnly) !== undefined]).toEqual([address, isSpecial]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('of a machine or a task for its credentials is never called, in no spelling, whatever is allowed', () => {
    const spellings: readonly ((v4: readonly number[]) => number[])[] = [
      (v4) => [...Array(12).fill(0), ...v4],
      (v4) => [...Array(10).fill(0), 0xff, 0xff, ...v4],
      (v4) => [...Array(8).fill(0), 0xff, 0xff, 0, 0, ...v4],
      (v4) => [0, 0x64, 0xff, 0x9b, ...Array(8).fill(0), ...v4],
      ([a = 0, b = 0, c = 0, d = 0]) => [0, 0x64, 0xff, 0x9b, 0, 1, a, b, 0, c, d, 0, 0, 0, 0, 0],
      (v4) => [0x20, 0x02, ...v4, ...Array(10).fill(7)],
      (v4) => [0x20, 0x01, 0, 0, 8, 8, 8, 8, 0, 0, 1, 2, ...v4.map((byte) => byte ^ 0xff)],
    ];
    fc.assert(
      fc.property(bytes(2), fc.constantFrom(...spellings), (rest, spelling) => {
        const v4 = [169, 254, ...rest];
        for (const address of [v4.join('.'), hex(spelling(v4))])
          expect(whyRefused(address, all)).toContain('is never called');
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(bytes(12), (rest) => {
        expect(whyRefused(hex([0xfd, 0, 0x0e, 0xc2, ...rest]), all)).toContain('is never called');
      }),
      { numRuns: 50 },
    );
  });

  test.each(['fe80::1%eth0', 'fe80::1%br-0a1b', '127.0.0.1%lo', 'localhost', '', '127.1', '0x7f.0.0.1'])(
    '"%s" is none',
    (text) => {
      expect(whyRefused(text, all)).toContain('is not an address');
    },
  );

  test('may be called where its network is listed, in the spelling of that network', () => {
    const listed = [cidr('10.1.0.0/16'), cidr('fd12:3456::/32')];
    for (const reach of ['public', 'listed'] as const) {
      for (const address of ['10.1.0.0', '10.1.255.255', 'fd12:3456::1'])
        expect(whyRefused(address, { reach, listed })).toBeUndefined();
      for (const address of ['10.2.0.0', '::ffff:10.1.0.1', '64:ff9b::a01:1', 'fd12:3457::1'])
        expect(whyRefused(address, { reach, listed })).toContain('WEBHOOK_ALLOWED_CIDRS');
    }
    expect(whyRefused('::ffff:10.1.0.1', { reach: 'public', listed: [cidr('::ffff:10.1.0.0/112')] })).toBeUndefined();
    expect(whyRefused('1.1.1.1', { reach: 'listed', listed })).toContain('which http needs');
  });
});
