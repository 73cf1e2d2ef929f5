import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Picture, readPng, withPalette } from './palette-png.ts';

const rows = (colours: fc.Arbitrary<number>) =>
  fc
    .record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 24 }) })
    .chain(({ width, height }) =>
      fc.record({
        ...{ width: fc.constant(width), height: fc.constant(height) },
        pixels: fc.array(colours, { minLength: width * height, maxLength: width * height }),
        filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: height, maxLength: height }),
      }),
    )
    .map(({ width, height, pixels, filters }) => {
      const rgb = Uint8Array.from(pixels.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
      return { picture: { width, height, rgb }, png: pngOf({ width, height, rgb }, filters) };
    });

describe('a picture of a screen', () => {
  test('is read whatever filters its rows have', () => {
    fc.assert(
      fc.property(rows(fc.integer({ min: 0, max: 0xffffff })), ({ picture, png }) => {
        expect(readPng(png)).toEqual(picture);
      }),
    );
  });

  test('of up to 256 colours is the same with a palette', () => {
    fc.assert(
      fc.property(rows(fc.integer({ min: 0, max: 255 }).map((value) => value * 0x010203)), ({ picture, png }) => {
        expect(readPng(withPalette(png))).toEqual(picture);
      }),
    );
  });

  test('of more colours has 256 of its own, none far from what it was', () => {
    const size = 64;
    const rgb = Uint8Array.from(
      { length: size * size * 3 },
      (_, at) => (Math.floor(at / 3) * (1 + (at % 3) * 3)) % 256,
    );
    const png = pngOf({ width: size, height: size, rgb }, []);
    const drawn = readPng(withPalette(png)).rgb;
    const own = new Set(coloursOf(rgb));
    expect(coloursOf(drawn).every((colour) => own.has(colour))).toBe(true);
    expect(new Set(coloursOf(drawn)).size).toBeLessThanOrEqual(256);
    expect(Math.max(...drawn.map((value, at) => Math.abs(value - (rgb[at] ?? 0))))).toBeLessThan(48);
  });

  test('of another format is refused', () => {
    expect(() => readPng(Buffer.from('GIF89a, which is no PNG'))).toThrow('not a PNG');
  });
});

function coloursOf(rgb: Uint8Array): number[] {
  return Array.from({ length: rgb.length / 3 }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = rgb.subarray(pixel * 3);
    return (red << 16) | (green << 8) | blue;
  });
}

/** A PNG of full colours whose rows have these filters, by the definition of filters (PNG, section 9.2). */
function pngOf({ width, height, rgb }: Picture, filters: readonly number[]): Buffer {
  const stride = width * 3;
  const at = (x: number, y: number) => (x < 0 || y < 0 ? 0 : (rgb[y * stride + x] ?? 0));
  const filtered = Array.from({ length: height }, (_, y) => {
    const filter = filters[y] ?? 0;
    const row = Array.from({ length: stride }, (_, x) => {
      const [a, b, c] = [at(x - 3, y), at(x, y - 1), x < 3 ? 0 : at(x - 3, y - 1)];
      const nearest = [a, b, c].toSorted((one, other) => Math.abs(a + b - c - one) - Math.abs(a + b - c - other))[0];
      return at(x, y) - ([0, a, b, (a + b) >> 1, nearest ?? 0][filter] ?? 0);
    });
    return Uint8Array.from([filter, ...row]);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunks: readonly (readonly [string, Buffer])[] = [
    ['IHDR', header],
    ['IDAT', deflateSync(Buffer.concat(filtered))],
  ];
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ...chunks.map(([type, data]) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(data.length);
      return Buffer.concat([length, Buffer.from(type, 'latin1'), data, Buffer.alloc(4)]);
    }),
  ]);
}
