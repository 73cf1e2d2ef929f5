/** Milliseconds that a request may take, its body included (`api.md`, "Rules"). */
export const requestLimitMs = 10_000;

/** Milliseconds within which the headers of a request must have come: a client that sends a byte now and then is cut off. */
export const headersLimitMs = 5_000;

/** Milliseconds between two looks for connections that are beyond these limits: Node looks every 30 s by default. */
export const connectionsCheckMs = 1_000;

/** Milliseconds that an idle connection is kept: longer than load balancers keep theirs (60 s), so that the client ends it. */
export const keepAliveMs = 72_000;

/** Requests on one connection: then it is closed, so that clients find tasks that were added. */
export const requestsOnConnection = 10_000;

/** Characters of an id in a path. */
export const longestParameter = 500;

/** Requests in flight beyond which new ones are refused: as many as there are sockets to DynamoDB. */
export const mostInFlight = 256;

/** Requests in flight of one token: one that asks much, or sends slowly, leaves room for others. */
export const mostOfOne = mostInFlight / 2;

/**
 * The part of the heap that bodies may take while their requests are in flight. Parsed, a body takes about ten times its
 * length, and packs and events come on top.
 */
export const bodiesOfHeap = 1 / 16;

/**
 * The part of it that those may fill who have shown no token, and whose signature is verified once their body is there: who
 * has a token is served whatever they do.
 */
export const bodiesOfStrangers = 1 / 2;

/** Addresses whose rate is known: a bound on memory. */
export const mostAddresses = 10_000;
