import type { InjectOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { type ApiRig, openApi, tokens } from '../../../test/api-rig.ts';
import { textOf } from '../../../test/page-text.ts';

const sameOrigin = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };
/** Behind a load balancer on this machine, by the host that the browser asked for. */
const elsewhere = { host: 'waybill.example' };

const signIn = ({ app }: ApiRig, fields: Record<string, string>, headers: InjectOptions['headers'] = sameOrigin) =>
  app.inject({ method: 'POST', url: '/sign-in', headers, payload: String(new URLSearchParams(fields)) });

describe('signing in', () => {
  test('on this machine keeps the token in a cookie of this port, which no script reads and no other site sends', async () => {
    const answer = await signIn(await openApi(), { token: ` ${tokens.read} ` });
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect(answer.headers['set-cookie']).toBe(`waybill-80=${tokens.read}; Path=/; HttpOnly; SameSite=Strict`);
  });

  test('by any other name keeps it in a cookie that only TLS carries, and that only this host can set', async () => {
    const answer = await signIn(await openApi(), { token: tokens.read }, { ...sameOrigin, ...elsewhere });
    expect(answer.headers['set-cookie']).toBe(
      `__Host-waybill=${tokens.read}; Path=/; HttpOnly; Secure; SameSite=Strict`,
    );
  });

  test('through a tunnel keeps it in a cookie of the port that the browser asked for', async () => {
    const rig = await openApi();
    const tunnel = { host: 'localhost:9001' };
    const answer = await signIn(rig, { token: tokens.read }, { ...sameOrigin, ...tunnel });
    expect(answer.headers['set-cookie']).toMatch(/^waybill-9001=/);
    const asked = async (port: number) =>
      (await rig.app.inject({ url: '/', headers: { ...tunnel, cookie: `waybill-${port}=${tokens.read}` } })).statusCode;
    expect([await asked(9_001), await asked(9_002)]).toEqual([200, 303]);
  });

  test('with a wrong token says so, and keeps nothing', async () => {
    const answer = await signIn(await openApi(), { token: 'waybill_wrong', next: '/stuck' });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.body).toContain('No token of this API is like this one.');
    expect(answer.body).toContain('<input type="hidden" name="next" value="/stuck">');
    expect(answer.body).not.toContain('waybill_wrong');
  });

  test('goes on to where one wanted to go', async () => {
    const rig = await openApi();
    const now = await rig.app.inject({ url: '/' });
    expect([now.statusCode, now.headers.location]).toEqual([303, '/sign-in']);
    const answer = await signIn(rig, { token: tokens.read, next: '/failures?reason=INVALID_EVENT' });
    expect(answer.headers.location).toBe('/failures?reason=INVALID_EVENT');
  });

  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/a b',
    '',
  ])('never goes on to %j', async (next) => {
    const rig = await openApi();
    expect((await signIn(rig, { token: tokens.read, next })).headers.location).toBe('/');
    const form = await rig.app.inject({ url: `/sign-in?next=${encodeURIComponent(next)}` });
    expect(form.body).toContain('name="next" value="/"');
  });

  test.each(['cross-site', 'same-site', 'none', undefined])(
    'is refused to a form of another site (%s)',
    async (site) => {
      const rig = await openApi();
      const { 'sec-fetch-site': _, ...rest } = sameOrigin;
      const answer = await signIn(
        rig,
        { token: tokens.read },
        site === undefined ? rest : { ...rest, 'sec-fetch-site': site },
      );
      expect(answer.statusCode).toBe(403);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(textOf(answer.body).join()).toContain('This was not sent by a form of this page');
    },
  );

  test('leaves no token in a log', async () => {
    const rig = await openApi();
    await signIn(rig, { token: tokens.read });
    await signIn(rig, { token: `${tokens.read}x` });
    await rig.app.inject({ url: '/nowhere', headers: { cookie: `waybill-80=${tokens.read}` } });
    expect(rig.lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(rig.lines)).not.toContain(tokens.read);
  });
});

describe('who is signed in', () => {
  const cookie = (token: string) => ({ cookie: `waybill-80=${token}` });

  test('sees the screens, and by which token', async () => {
    const { app } = await openApi();
    const answer = await app.inject({ url: '/', headers: cookie(tokens.read) });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('<bdi>read</bdi> <span class="age">may read</span>');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-security-policy']).toContain("default-src 'self'");
  });

  test('without the scope read is refused, in words', async () => {
    const { app } = await openApi();
    const answer = await app.inject({ url: '/', headers: cookie(tokens.ingest) });
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).not.toContain('id="sentence"');
  });

  test('by a header, or by the cookie of another port or of TLS, is not', async () => {
    const { app } = await openApi();
    for (const headers of [
      { authorization: `Bearer ${tokens.all}` },
      { cookie: `waybill-81=${tokens.all}` },
      { cookie: `__Host-waybill=${tokens.all}` },
    ])
      expect((await app.inject({ url: '/', headers })).statusCode).toBe(303);
    const far = { ...elsewhere, cookie: `__Host-waybill=${tokens.all}` };
    expect((await app.inject({ url: '/', headers: far })).statusCode).toBe(200);
  });

  test('coming by a link on another site is asked to come once more, which brings the cookie', async () => {
    const { app } = await openApi();
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    const answer = await app.inject({ url: '/?a="><script>', headers });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['refresh']).toBe('0');
    expect(answer.body).not.toContain('"><script>');
    const again = await app.inject({ url: '/', headers: { ...headers, 'sec-fetch-site': 'same-origin' } });
    expect([again.statusCode, again.headers.location]).toEqual([303, '/sign-in']);
  });

  test('signs out: the cookie goes', async () => {
    const { app } = await openApi();
    const answer = await app.inject({
      method: 'POST',
      url: '/sign-out',
      headers: { ...sameOrigin, ...cookie(tokens.read) },
    });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/sign-in']);
    expect(answer.headers['set-cookie']).toBe('waybill-80=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict');
    expect((await app.inject({ method: 'POST', url: '/sign-out', headers: cookie(tokens.read) })).statusCode).toBe(403);
  });
});
