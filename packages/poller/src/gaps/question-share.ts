/** Share of the request budget that goes to open gaps at most: the reading has the rest. */
const budgetShare = 0.1;

/** Questions per second, when the feed allows `requestsPerSecond` requests. */
export function questionsPerSecond(requestsPerSecond: number): number {
  return requestsPerSecond * budgetShare;
}
