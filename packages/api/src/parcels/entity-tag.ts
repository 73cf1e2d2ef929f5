/** The entity tag of a parcel at this revision. */
export function entityTag(revision: number): string {
  return `"${revision}"`;
}

/** One of a list of entity tags, weak or strong (RFC 9110, section 8.8.3). Visible characters but the quote, and the bytes above. */
const listed = /(?:^|,)[\t ]*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?=,|$)/g;

/**
 * Whether `If-None-Match` names this tag: `*` names any, and of weak and strong ones the opaque part counts (RFC 9110, section
 * 13.1.2). What is not a tag names nothing, so that the answer is then sent whole.
 */
export function names(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return [...ifNoneMatch.matchAll(listed)].some(([, each]) => each === tag);
}
