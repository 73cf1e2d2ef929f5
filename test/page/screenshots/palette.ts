/** Colours of a picture that stand for all of its colours. */
export type Palette = {
  /** At most 256, each as one number, red first. */
  readonly colours: readonly number[];
  /** The place of the one that stands for a colour of the picture. */
  readonly indexOf: (colour: number) => number;
};

const most = 256;

type Counted = { readonly colour: number; readonly count: number };

/** Divides the picture's colours by median cut: the box with the widest spread first, until there are 256. */
export function paletteOf(rgb: Uint8Array): Palette {
  const counts = new Map<number, number>();
  for (let at = 0; at < rgb.length; at += 3) {
    const colour = ((rgb[at] ?? 0) << 16) | ((rgb[at + 1] ?? 0) << 8) | (rgb[at + 2] ?? 0);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const all = [...counts].map(([colour, count]) => ({ colour, count })).toSorted((a, b) => a.colour - b.colour);
  const boxes: Counted[][] = [all];
  while (boxes.length < most) {
    const spreads = boxes.map(spreadOf);
    const widest = spreads.reduce((best, { width }, at) => (width > (spreads[best]?.width ?? 0) ? at : best), 0);
    const [box, spread] = [boxes[widest], spreads[widest]];
    if (!box || !spread || spread.width === 0) break;
    boxes.splice(widest, 1, ...halves(box, spread));
  }
  const colours = boxes.map(commonest);
  const places = new Map(boxes.flatMap((box, index) => box.map(({ colour }) => [colour, index])));
  return { colours, indexOf: (colour) => places.get(colour) ?? 0 };
}

type Spread = { readonly shift: number; readonly width: number; readonly middle: number };

/** The channel in which a box is widest: by how many bits it is shifted, and from its least to its greatest value. */
function spreadOf(box: readonly Counted[]): Spread {
  return [16, 8, 0]
    .map((shift) => {
      let [least, greatest] = [255, 0];
      for (const { colour } of box) {
        const value = (colour >> shift) & 0xff;
        least = Math.min(least, value);
        greatest = Math.max(greatest, value);
      }
      return { shift, width: greatest - least, middle: (least + greatest) / 2 };
    })
    .reduce((widest, each) => (each.width > widest.width ? each : widest));
}

/** In the middle of its values, so that few pixels of a rare colour have a place of their own. */
function halves(box: readonly Counted[], { shift, middle }: Spread): [Counted[], Counted[]] {
  const isLow = ({ colour }: Counted) => ((colour >> shift) & 0xff) <= middle;
  return [box.filter(isLow), box.filter((each) => !isLow(each))];
}

/** A surface keeps its exact colour: the most frequent one stands for its box. */
function commonest(box: readonly Counted[]): number {
  const [first, ...others] = box;
  if (!first) return 0;
  return others.reduce((best, each) => (each.count > best.count ? each : best), first).colour;
}
