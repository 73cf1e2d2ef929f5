import { type Html, html } from '../html/html.ts';

/** The commands that a status tells to run, and the screen that shows the same. */
const screenOf: Readonly<Record<string, string>> = {
  'waybill batches list': '/batches',
  'waybill dlq list': '/failures',
  'waybill dlq redrive': '/failures',
  'waybill failures groups': '/failures',
  'waybill notifications list': '/notifications',
  'waybill operations list': '/operations',
  'waybill parcels stuck': '/stuck',
  'waybill status': '/',
};

const flag = String.raw` --[a-z-]+(?: [\w-]*\w)?`;
const command = new RegExp(`(${Object.keys(screenOf).join('|')})(?:${flag})*`, 'g');

/** A sentence in which each command that a screen stands for is a link to that screen. */
export function withLinks(sentence: string): Html {
  const parts: (Html | string)[] = [];
  let end = 0;
  for (const match of sentence.matchAll(command)) {
    const [text, name = ''] = match;
    parts.push(sentence.slice(end, match.index), html`<a href="${screenOf[name]}"><code>${text}</code></a>`);
    end = match.index + text.length;
  }
  return html`${[...parts, sentence.slice(end)]}`;
}
