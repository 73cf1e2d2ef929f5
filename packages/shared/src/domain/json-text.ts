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

/** Bytes of a `\u` escape, which a unit beyond ASCII takes. */
const escapedBytes = 6;

/** The longest beginning of `text` whose quoted ASCII JSON form, quotes included, takes at most `maxBytes`. */
export function beginningThatFits(text: string, maxBytes: number): string {
  let bytes = 2;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charAt(index);
    bytes += unit > '\x7f' ? escapedBytes : JSON.stringify(unit).length - 2;
    if (bytes > maxBytes) return text.slice(0, index);
  }
  return text;
}
