/** What a JSON text may go on with. */
type Expected = 'value' | 'first element' | 'first key' | 'key' | 'colon' | 'comma';

const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * The index of the first character with which the text is no JSON any more; its length where it ends too early. The
 * parser's own message does not always say it, and quotes the text. Takes one pass, at any depth.
 */
export function placeOfJsonError(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const character = text.charAt(at);
    const isKey: boolean = expected === 'first key' || expected === 'key';
    if (expected === 'colon') {
      if (character !== ':') return at;
      expected = 'value';
      at += 1;
    } else if (expected === 'comma') {
      const inside = open.at(-1);
      if (character === ',' && inside) expected = inside === '{' ? 'key' : 'value';
      else if (character === closes(inside)) open.pop();
      else return at;
      at += 1;
    } else if (character === '"') {
      const end = endOfString(text, at);
      if (end < 0) return -1 - end;
      expected = isKey ? 'colon' : 'comma';
      at = end;
    } else if (character === closes(open.at(-1)) && expected.startsWith('first')) {
      open.pop();
      expected = 'comma';
      at += 1;
    } else if (isKey) {
      return at;
    } else if (character === '{' || character === '[') {
      open.push(character);
      expected = character === '{' ? 'first key' : 'first element';
      at += 1;
    } else {
      scalar.lastIndex = at;
      if (!scalar.test(text)) return at;
      expected = 'comma';
      at = scalar.lastIndex;
    }
    at = skipSpace(text, at);
  }
  return text.length;
}

function closes(bracket: '{' | '[' | undefined): string | undefined {
  return bracket && (bracket === '{' ? '}' : ']');
}

/** The index after the string that begins here; `-1 - index` where it breaks off or holds what it may not. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit === quote) return at + 1;
    if (unit < space) return -1 - at;
    escapeSequence.lastIndex = at;
    if (unit === backslash && !escapeSequence.test(text)) return -1 - at;
    at = unit === backslash ? escapeSequence.lastIndex : at + 1;
  }
  return -1 - text.length;
}

const quote = '"'.charCodeAt(0);
const backslash = '\\'.charCodeAt(0);
const space = ' '.charCodeAt(0);

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  return at;
}

/** The index of the byte with which the bytes are no UTF-8 any more; their length where they end in the middle of a character. */
export function placeOfUtf8Error(bytes: Uint8Array): number {
  /** Whether the first `count` bytes may begin a text: a character that is cut at their end is allowed. */
  const mayBegin = (count: number) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, count), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (middle <= bytes.length && mayBegin(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
