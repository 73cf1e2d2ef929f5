/** Requests for one notification at most, where somebody waits for the outcome: by default, and what may be asked for. */
export const attemptsOnDemand = { usual: 3, min: 1, max: 10 } as const;
