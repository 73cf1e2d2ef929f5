/** A setting of a queue or table that is there and differs from `resources.ts`. */
export type Drift = {
  readonly setting: string;
  readonly expected: string;
  readonly found: string;
  /** Sets it as it should be. Absent where that takes another queue or table, or a decision. */
  readonly mend?: () => Promise<void>;
};

/** What became of one queue or table. */
export type Finding = {
  readonly kind: 'queue' | 'table';
  readonly name: string;
  /** False: it was there. */
  readonly isMade: boolean;
  readonly drift: readonly Drift[];
  /** What the engine cannot do, in words. */
  readonly lacks: readonly string[];
};
