/** `half-open`: a probe is under way. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/** What decides whether more is received. */
export type BreakerView = {
  readonly state: BreakerState;
  /** No held call tells more: each was throttled, or failed as a probe. Only another item shows whether one is at fault, or the whole engine. */
  readonly needsFreshProbe: boolean;
};
