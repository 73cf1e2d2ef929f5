import { expect } from 'vitest';
import { type ApiRig, tokens } from './api-rig.ts';
import { unescaped } from './unescaped.ts';

/** A form as a browser without script sends it. */
export type Form = { readonly action: string; readonly method: string; readonly fields: readonly [string, string][] };

export type Page = {
  /** The path at which it was found, after redirects. */
  readonly path: string;
  readonly status: number;
  readonly html: string;
  /** What is read on it: the texts of `<main>` in one line. */
  readonly text: string;
  /** The form whose button has this text in it. Throws where there is none. */
  readonly form: (button: string) => Form;
  /** The target of the link with this text in it. Throws where there is none. */
  readonly link: (text: string) => string;
};

export type Browser = {
  readonly get: (url: string) => Promise<Page>;
  /** Sends a form with these fields filled in, and follows where it leads. */
  readonly submit: (form: Form, more?: Readonly<Record<string, string>>, site?: string) => Promise<Page>;
};

/** A browser without script, signed in with this token. */
export async function openBrowser({ app }: Pick<ApiRig, 'app'>, token: string = tokens.all): Promise<Browser> {
  const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
  const signIn = await app.inject({
    ...{ method: 'POST', url: '/sign-in', headers: { ...urlencoded, 'sec-fetch-site': 'same-origin' } },
    payload: String(new URLSearchParams({ token })),
  });
  expect(signIn.statusCode).toBe(303);
  const cookie = String(signIn.headers['set-cookie']).split(';')[0] ?? '';
  const get = async (url: string): Promise<Page> => {
    const { statusCode, headers, body } = await app.inject({ url, headers: { cookie } });
    const { location } = headers;
    return location === undefined ? pageOf(url, statusCode, body) : get(location);
  };
  return {
    get,
    submit: async ({ action, method, fields }, more = {}, site = 'same-origin') => {
      const kept = fields.filter(([name]) => !Object.hasOwn(more, name));
      const query = String(new URLSearchParams([...kept, ...Object.entries(more)]));
      if (method !== 'post') return get(`${action}?${query}`);
      const { statusCode, headers, body } = await app.inject({
        ...{ method: 'POST', url: action, headers: { ...urlencoded, cookie, 'sec-fetch-site': site }, payload: query },
      });
      const { location } = headers;
      return location === undefined ? pageOf(action, statusCode, body) : get(location);
    },
  };
}

function pageOf(path: string, status: number, html: string): Page {
  const [, main = html] = /<main[^>]*>([\s\S]*)<\/main>/.exec(html) ?? [];
  return {
    ...{ path, status, html, text: textOf(main) },
    form: (button) => {
      for (const [, tag = '', content = ''] of main.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)) {
        const [, label = ''] = /<button[^>]*>([\s\S]*?)<\/button>/.exec(content) ?? [];
        if (textOf(label).includes(button)) return formOf(tag, content);
      }
      throw new Error(`no form has the button ${button} in: ${textOf(main)}`);
    },
    link: (text) => {
      for (const [, tag = '', content = ''] of main.matchAll(/<a([^>]*)>([\s\S]*?)<\/a>/g))
        if (textOf(content).includes(text)) return attribute(tag, 'href');
      throw new Error(`no link has the text ${text} in: ${textOf(main)}`);
    },
  };
}

function formOf(tag: string, content: string): Form {
  const fields = [...content.matchAll(/<input([^>]*)>/g)]
    .filter(([, input = '']) => !input.includes('type="checkbox"'))
    .map(([, input = '']): [string, string] => [attribute(input, 'name'), attribute(input, 'value')]);
  return { action: attribute(tag, 'action'), method: attribute(tag, 'method') || 'get', fields };
}

function attribute(tag: string, name: string): string {
  return unescaped(new RegExp(`(?<![\\w-])${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

function textOf(markup: string): string {
  const inline = /<\/?(?:a|bdi|code|span|time)(?:\s[^>]*)?>/g;
  return unescaped(markup.replaceAll(inline, '').replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim();
}
