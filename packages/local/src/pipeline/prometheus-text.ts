/** The samples of one scrape. */
export type Samples = {
  /** A metric's value, summed over its attributes; 0 if it was not recorded yet. */
  sum(name: string): number;
  /** A metric's values by one of its attributes. */
  by(name: string, attribute: string): Readonly<Record<string, number>>;
};

type Sample = { readonly name: string; readonly attributes: string; readonly value: number };

/** Reads the Prometheus text format, one sample per line: `name{attributes} value [timestamp]`. */
export function readSamples(text: string): Samples {
  const samples = text.split('\n').flatMap((line): Sample[] => {
    const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    return match?.[1] ? [{ name: match[1], attributes: match[2] ?? '', value: Number(match[3]) }] : [];
  });
  const of = (name: string) => samples.filter((sample) => sample.name === name);
  return {
    sum: (name) => of(name).reduce((sum, { value }) => sum + value, 0),
    by: (name, attribute) => {
      const values: Record<string, number> = {};
      for (const { attributes, value } of of(name)) {
        const key = new RegExp(`(?:^|,)${attribute}="((?:[^"\\\\]|\\\\.)*)"`).exec(attributes)?.[1];
        if (key !== undefined) values[key] = (values[key] ?? 0) + value;
      }
      return values;
    },
  };
}

export const noSamples: Samples = readSamples('');
