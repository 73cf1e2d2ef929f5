/** What the bare process is asked to do: the engine's work for the API, without the API. */
export type BarePlan =
  | { readonly bare: 'reads'; readonly seconds: number; readonly atOnce: number; readonly parcels: number }
  | { readonly bare: 'sends'; readonly bodies: number; readonly atOnce: number; readonly messageMaxBytes: number };

/** Milliseconds of each call of the SDK, or of each body's sends; seconds of all. */
export type BareReport = { readonly latencies: readonly number[]; readonly seconds: number };
