/** What a million events need, by what it is. */
export type Figures = Readonly<Record<string, number>>;

/** The one figure that is not a count. */
export const dollars = 'US dollars';
