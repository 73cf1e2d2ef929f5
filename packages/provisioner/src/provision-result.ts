/** A setting of an existing queue or table that differs from `resources.ts`. */
export type Drift = {
  readonly setting: string;
  readonly expected: string;
  readonly found: string;
  /** Corrects the setting. Absent where that needs another queue or table, or a decision. */
  readonly fix?: () => Promise<void>;
  /** What the reader can do where there is no fix, if it is not to use another queue or table. */
  readonly advice?: string;
};

/** What was done or found about one queue or table. */
export type ProvisionResult = {
  readonly kind: 'queue' | 'table';
  readonly name: string;
  /** False: it existed. */
  readonly isCreated: boolean;
  readonly drift: readonly Drift[];
  /** What the engine does not support, in words. */
  readonly lacks: readonly string[];
};
