/** A part of a text, from the first of these indices to before the second. */
type Part = { readonly from: number; readonly to: number };

/**
 * The own texts of the elements of the array that the member `name` of a JSON object is: numbers, escapes and repeated names
 * as they were received, without the space between tokens. `json` is an object that `JSON.parse` reads, with such a member.
 * Takes one pass, at any depth.
 */
export function elementTexts(json: string, name: string): readonly string[] {
  const member = memberOf(json, name);
  return member ? partsOf(json, member).map((part) => withoutSpace(json, part)) : [];
}

/** The own text of the member `name` of a JSON object, as {@link elementTexts} gives that of elements. */
export function memberText(json: string, name: string): string | undefined {
  const member = memberOf(json, name);
  return member && withoutSpace(json, member);
}

/** The value of the member. Of several with the name it is the last one, as for `JSON.parse`. */
function memberOf(json: string, name: string): Part | undefined {
  let found: Part | undefined;
  for (const { from, to } of partsOf(json, { from: 0, to: json.length })) {
    const end = endOfString(json, from);
    if (JSON.parse(json.slice(from, end)) !== name) continue;
    const colon = json.indexOf(':', end);
    found = trimmed(json, { from: colon + 1, to });
  }
  return found;
}

/** The names of the members of a JSON object that `JSON.parse` reads, each as often as it is written there. */
export function memberNames(json: string): readonly string[] {
  const members = partsOf(json, { from: 0, to: json.length });
  return members.map(({ from }) => String(JSON.parse(json.slice(from, endOfString(json, from)))));
}

/** What stands between the outermost brackets of an array or object: its elements, or its members with their names. */
function partsOf(json: string, whole: Part): readonly Part[] {
  const parts: Part[] = [];
  const { from: open } = trimmed(json, whole);
  let from = open + 1;
  let depth = 0;
  for (let at = open; at < whole.to; at += 1) {
    const unit = json.charCodeAt(at);
    if (unit === quote) at = endOfString(json, at) - 1;
    else if (unit === openBracket || unit === openBrace) depth += 1;
    else if (unit === comma ? depth === 1 : unit === closeBracket || unit === closeBrace) {
      if (unit !== comma) depth -= 1;
      if (unit !== comma && depth > 0) continue;
      const part = trimmed(json, { from, to: at });
      // Between the brackets of an empty one there is nothing.
      if (part.from < part.to) parts.push(part);
      if (unit !== comma) break;
      from = at + 1;
    }
  }
  return parts;
}

const [quote, comma, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/** The index after the string that begins here. */
function endOfString(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json.charAt(at - 1 - backslashes) === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return json.length;
}

const isSpace = (json: string, at: number) => at >= 0 && at < json.length && ' \t\n\r'.includes(json.charAt(at));

function trimmed(json: string, part: Part): Part {
  let { from, to } = part;
  while (from < to && isSpace(json, from)) from += 1;
  while (to > from && isSpace(json, to - 1)) to -= 1;
  return { from, to };
}

function withoutSpace(json: string, { from, to }: Part): string {
  const text = json.slice(from, to);
  if (!/[ \t\n\r]/.test(text)) return text;
  const outside = /["\s]/g;
  const pieces: string[] = [];
  let start = 0;
  for (let match = outside.exec(text); match; match = outside.exec(text)) {
    if (match[0] === '"') outside.lastIndex = endOfString(text, match.index);
    else {
      pieces.push(text.slice(start, match.index));
      start = match.index + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces.join('');
}
