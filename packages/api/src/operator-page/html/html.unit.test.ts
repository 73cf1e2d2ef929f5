import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unescaped } from '../../../test/unescaped.ts';
import { Html, html } from './html.ts';

const anyText = fc.string({ unit: 'binary' });
/** Texts that hold what breaks out of HTML, more often than chance would. */
const hostile = fc
  .array(
    fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '`',
      '&',
      '&lt;',
      '</script>',
      '<img src=x onerror=a()>',
      'javascript:',
      '\u202E',
      '\uD800',
      '\u0000',
      'x',
    ),
  )
  .map((parts) => parts.join(''));

describe('a template', () => {
  test('lets no text out of the place that it is put in, and shows it as it is', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, hostile), (text) => {
        const markup = String(html`<p title="${text}">${text}</p>`);
        const [, attribute = '', content = ''] = /^<p title="([^"<>'`]*)">([^"<>'`]*)<\/p>$/.exec(markup) ?? [];
        expect(attribute).toBe(content);
        const allowed = [...text.toWellFormed()].filter((character) => unescaped(content).includes(character));
        expect(unescaped(content)).toHaveLength(text.length);
        expect(allowed.length).toBeGreaterThanOrEqual(
          [...text].filter((character) => /[\x20-\x7e]/.test(character)).length,
        );
      }),
    );
  });

  test('passes what a template has made, however deep it is nested, and escapes it once', () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (texts) => {
        const items = texts.map((text) => html`<li>${text}</li>`);
        const markup = String(html`<ul>${items}</ul>`);
        expect(markup.match(/<li>/g)?.length ?? 0).toBe(texts.length);
        expect(markup).toBe(`<ul>${items.map(String).join('')}</ul>`);
      }),
    );
  });

  test('shows nothing of what is not there, and numbers by their digits', () => {
    expect(String(html`${null}${undefined}${false}${[]}${0} ${9_007_199_254_740_991}`)).toBe('0 9007199254740991');
  });

  test('takes no object that only looks like markup', () => {
    const forged = { toString: () => '<script>' };
    // @ts-expect-error the type refuses it, too
    expect(String(html`${forged}`)).toBe('');
    expect(html`` instanceof Html).toBe(true);
  });
});
