/** What a million events need, by what it is. */
export type Figures = Readonly<Record<string, number>>;

/** The one figure that is no count. */
export const dollars = 'US dollars';
