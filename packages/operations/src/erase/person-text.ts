import { WaybillError } from '@waybill/shared/error.ts';

/** Characters below which a text would be found in bodies that have nothing to do with the person. */
const fewestCharacters = 3;

/** A text that names a person: an id, a name, an address. Neither it nor its hash is ever logged, printed or recorded: a short id is found from its hash by trying. */
export type PersonText = {
  /** Whether this names the person, in any of the spellings in which a body can hold the text. */
  readonly isIn: (stored: string) => boolean;
  /** Whether it is there, and each time with a letter or a digit beside it: `NC1001` in `NC10012`, another person. */
  readonly isPartOfWords: (stored: string) => boolean;
};

/**
 * Reads the text to look for: without the white space around it. Throws `CONFIG_INVALID` for one of fewer than three
 * characters, and for one of several lines: a file with two ids would be found nowhere, which reads as if all were erased.
 */
export function personText(given: string): PersonText {
  const text = given.trim().normalize('NFC');
  if ([...text].length < fewestCharacters) {
    throw new WaybillError('CONFIG_INVALID', `the text to erase has fewer than ${fewestCharacters} characters`, {
      details: { next: 'give the whole id or name of the person' },
    });
  }
  if (/[\r\n]/.test(text)) {
    throw new WaybillError('CONFIG_INVALID', 'the text to erase has more than one line', {
      details: { next: 'erase one id or name at a time' },
    });
  }
  const quoted = inJson(text);
  // As a value, in a JSON text, in a JSON text within a JSON text; of what is not UTF-8, one character for each byte.
  const spellings = [text, quoted, inJson(quoted), Buffer.from(text).toString('latin1')].map(unescaped);
  const isIn = (plain: string) => spellings.some((spelling) => plain.includes(spelling));
  return {
    isIn: (stored) => isIn(unescaped(stored)),
    isPartOfWords: (stored) => {
      const plain = unescaped(stored);
      return isIn(plain) && !spellings.some((spelling) => hasWord(plain, spelling));
    },
  };
}

const letterOrDigit = /[\p{L}\p{N}]/u;

function hasWord(plain: string, word: string): boolean {
  for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at + 1)) {
    const beside = plain.slice(Math.max(0, at - 1), at) + plain.slice(at + word.length, at + word.length + 1);
    if (!letterOrDigit.test(beside)) return true;
  }
  return false;
}

/** The text as JSON has it between its quotes, letters beyond ASCII as they are. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Bodies are ASCII: é is `\u00e9`, or `\u00E9` as the carrier wrote it. A slash may be escaped, too. */
function unescaped(body: string): string {
  return body
    .replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('\\/', '/')
    .normalize('NFC');
}
