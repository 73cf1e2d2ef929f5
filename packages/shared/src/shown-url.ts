/** A URL as a log or an error may show it: without user, password, query and fragment, which may hold a key. */
export function shownUrl(url: string | URL): string {
  const parsed = URL.parse(String(url));
  if (!parsed) return '(not a URL)';
  return parsed.host === '' ? `${parsed.protocol}…` : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}
