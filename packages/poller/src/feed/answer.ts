/** One answer of the feed. */
export type FeedPage = { readonly kind: 'page'; readonly elements: readonly unknown[]; readonly limit: number };

/** The feed answers this question again and again, and not with a page. */
export type UnreadablePage = { readonly kind: 'unreadable'; readonly error: unknown; readonly limit: number };

/** What one request brought. */
export type Attempt =
  | { readonly kind: 'page'; readonly elements: readonly unknown[] }
  | { readonly kind: 'failed'; readonly error: unknown };
