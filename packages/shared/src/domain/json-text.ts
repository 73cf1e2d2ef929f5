/** The string with everything beyond ASCII as `\u` escapes. For JSON text, where that changes no meaning. */
export function toAscii(json: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII, control characters included.
  return /[^\x00-\x7f]/.test(json) ? json.replace(/[^\x00-\x7f]/g, escapeUnit) : json;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * The value as ASCII JSON, or undefined when it is nested too deep: `JSON.stringify` recurses where `JSON.parse` does
 * not, so that what was read cannot always be written.
 */
export function asciiJson(value: unknown): string | undefined {
  try {
    return toAscii(JSON.stringify(value) ?? 'null');
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The first `maxChars` characters of the value's JSON, at any depth. An explicit stack instead of recursion; strings
 * are cut before they are quoted, so that the cost is bounded by `maxChars` and the width of what is open.
 */
export function beginningOfJson(value: unknown, maxChars: number): string {
  let text = '';
  const stack: (() => void)[] = [];
  const write = (item: unknown): void => {
    if (Array.isArray(item)) {
      text += '[';
      next(item.map((element): [string, unknown] => ['', element]).values(), ']', true);
    } else if (typeof item === 'object' && item !== null) {
      text += '{';
      next(
        Object.entries(item)
          .map(([key, element]): [string, unknown] => [`${quote(key)}:`, element])
          .values(),
        '}',
        true,
      );
    } else {
      text += typeof item === 'string' ? quote(item) : (JSON.stringify(item) ?? 'null');
    }
  };
  const quote = (string: string) => JSON.stringify(string.slice(0, maxChars));
  const next = (elements: Iterator<[string, unknown]>, close: string, first: boolean): void => {
    const element = elements.next();
    if (element.done) {
      text += close;
      return;
    }
    const [label, item] = element.value;
    text += first ? label : `,${label}`;
    stack.push(() => next(elements, close, false));
    stack.push(() => write(item));
  };
  write(value);
  for (let step = stack.pop(); step && text.length < maxChars; step = stack.pop()) step();
  return text.slice(0, maxChars);
}

/** The longest beginning of `text` whose quoted ASCII JSON form, quotes included, takes at most `maxBytes`. */
export function beginningThatFits(text: string, maxBytes: number): string {
  let bytes = 2;
  for (let index = 0; index < text.length; index += 1) {
    bytes += toAscii(JSON.stringify(text.charAt(index))).length - 2;
    if (bytes > maxBytes) return text.slice(0, index);
  }
  return text;
}
