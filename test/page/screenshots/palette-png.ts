import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { paletteOf } from './palette.ts';

/** Pixels of a picture: three bytes each, row after row. */
export type Picture = { readonly width: number; readonly height: number; readonly rgb: Uint8Array };

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Writes a PNG again with at most 256 colours: a third of its bytes, and a screen of text looks the same. */
export function withPalette(png: Buffer): Buffer {
  const picture = readPng(png);
  const { colours, indexOf } = paletteOf(picture.rgb);
  return writePng(picture, colours, indexOf);
}

/** Channels of a pixel by the number that a PNG has for its form: colours, places in a palette, colours with alpha. */
const channelsOf: Readonly<Record<number, number>> = { 2: 3, 3: 1, 6: 4 };

/** Reads a PNG as Chromium and {@link withPalette} write it: eight bits a channel, not interlaced. Alpha is left out. */
export function readPng(png: Buffer): Picture {
  if (!png.subarray(0, 8).equals(signature)) throw new Error('not a PNG');
  const parts: Buffer[] = [];
  let palette: Buffer | undefined;
  let [width, height, channels] = [0, 0, 0];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
      const [depth, colour, , , interlaced] = data.subarray(8);
      channels = channelsOf[colour ?? 0] ?? 0;
      if (depth !== 8 || channels === 0 || interlaced !== 0) throw new Error('a PNG of another form');
    }
    if (type === 'PLTE') palette = data;
    if (type === 'IDAT') parts.push(data);
    at += length + 12;
  }
  const rows = unfiltered(inflateSync(Buffer.concat(parts)), width * channels, channels);
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    for (let channel = 0; channel < 3; channel += 1) {
      const value = palette ? palette[(rows[pixel] ?? 0) * 3 + channel] : rows[pixel * channels + channel];
      rgb[pixel * 3 + channel] = value ?? 0;
    }
  return { width, height, rgb };
}

/** The bytes of all rows, without their filters (PNG, section 9). */
function unfiltered(filtered: Buffer, stride: number, channels: number): Uint8Array {
  const height = filtered.length / (stride + 1);
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = filtered[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x < channels ? 0 : (rows[at - channels] ?? 0);
      const up = rows[at - stride] ?? 0;
      const corner = x < channels ? 0 : (rows[at - stride - channels] ?? 0);
      rows[at] = (filtered[y * (stride + 1) + 1 + x] ?? 0) + predicted(filter, left, up, corner);
    }
  }
  return rows;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const estimate = left + up - corner;
  const byLeft = Math.abs(estimate - left);
  const byUp = Math.abs(estimate - up);
  const byCorner = Math.abs(estimate - corner);
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

function writePng(
  { width, height, rgb }: Picture,
  colours: readonly number[],
  indexOf: (colour: number) => number,
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  // A row of indices compresses best unfiltered.
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = indexOf(colourAt(rgb, (y * width + x) * 3));
  const palette = Buffer.from(colours.flatMap((colour) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A pixel as one number, red first. */
function colourAt(rgb: Uint8Array, at: number): number {
  return ((rgb[at] ?? 0) << 16) | ((rgb[at + 1] ?? 0) << 8) | (rgb[at + 2] ?? 0);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(data.length + 12);
  whole.writeUInt32BE(data.length, 0);
  named.copy(whole, 4);
  whole.writeUInt32BE(crc32(named), data.length + 8);
  return whole;
}
