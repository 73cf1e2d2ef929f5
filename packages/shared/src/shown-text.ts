/** Characters of another's text that are shown: what it is about stands at its beginning. */
const shownCharacters = 300;

/** What may hold a key: the user, the query and the fragment of a URL. */
const urlSecrets = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#@]*@)?([^\s?#'"]*)(?:[?#][^\s'"]*)?/gi;
/** What follows the name of a secret. AWS repeats the header, and the request that it has signed, in a refused signature. */
const namedSecrets =
  /\b(authorization|credential|signature|token|secret|password|api-?key|x-amz-[a-z-]+)\b(["']?\s*[:=]\s*["']?)[^\s,;&"']+/gi;
const schemeSecrets = /\b(bearer|basic)\s+[^\s,;&"']+/gi;
/** A number that DynamoDB could not read, which is a value of the item. */
const numericValue = /(numeric value:?\s*).*/i;

/**
 * The text of an error that another program made, as a log may show it: its first line, without what may be a key.
 *
 * @param quotesInput whether the program repeats in quotes what it was given, as parsers and AWS's validation do
 */
export function shownText(text: string, quotesInput: boolean): string {
  const [line = ''] = text.split('\n', 1);
  const harmless = line
    .slice(0, 10 * shownCharacters)
    .replace(urlSecrets, '$1$2')
    .replace(schemeSecrets, '$1 …')
    .replace(namedSecrets, '$1$2…');
  const unquoted = quotesInput
    ? harmless.replace(/"[^"]*"?|(?<!\w)'[^']*'?/g, '"…"').replace(numericValue, '$1…')
    : harmless;
  return unquoted.length > shownCharacters ? `${unquoted.slice(0, shownCharacters)}…`.toWellFormed() : unquoted;
}
