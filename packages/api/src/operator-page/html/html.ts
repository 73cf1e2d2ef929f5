/** What a template takes: markup as it is, anything else as text. Nothing is shown of `null`, `undefined` and `false`. */
export type Fragment = Html | string | number | null | undefined | false | readonly Fragment[];

/**
 * Markup that is safe to send. Only the tag {@link html} makes it, so that a text can never pass for markup: a text that is
 * put into a template is escaped, an `Html` is not.
 */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  /** The tag. Attributes are quoted by whoever writes the template. */
  static of(texts: TemplateStringsArray, ...fragments: readonly Fragment[]): Html {
    return new Html(String.raw({ raw: texts }, ...fragments.map(markupOf)));
  }

  toString(): string {
    return this.#markup;
  }
}

export const html = Html.of;

function markupOf(fragment: Fragment): string {
  if (fragment instanceof Html) return fragment.toString();
  if (typeof fragment === 'string') return escaped(fragment);
  if (typeof fragment === 'number') return String(fragment);
  return Array.isArray(fragment) ? fragment.map(markupOf).join('') : '';
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Characters that HTML does not allow are shown as U+FFFD, so that a reader sees that there was one. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(notAllowed, '\uFFFD')
    .replaceAll(/[&<>"'`]/g, (character) => entities[character] ?? '');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const notAllowed = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFDD0-\uFDEF\uFFFE\uFFFF]/g;
