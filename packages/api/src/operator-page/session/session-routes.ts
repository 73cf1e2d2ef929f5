import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { signedIn, signedOut } from '../../access/session-cookie.ts';
import { findCaller } from '../../access/tokens.ts';
import { type Html, html } from '../html/html.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';

/** A path of this page to go on to: nothing that leads to another host. */
const nextPath = z
  .string()
  .max(2_000)
  .regex(/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/)
  .catch('/')
  .default('/');

/** Signing in and out: `/sign-in` takes a token of the API, and keeps it in a cookie. */
export function sessionRoutes({ settings, show }: PageDependencies): FastifyPluginAsyncZod {
  const find = findCaller(settings.tokens);
  const config = screenConfig(show, 'open');
  return async (app) => {
    app.get(
      '/sign-in',
      { config, schema: { hide: true, querystring: z.strictObject({ next: nextPath }) } },
      async ({ query }, reply) => show(reply, { title: 'Sign in', main: signInForm(query.next), script: 'sign-in.js' }),
    );
    app.post(
      '/sign-in',
      {
        config,
        schema: { hide: true, body: z.strictObject({ token: z.string().max(1_000), next: nextPath }) },
      },
      async (request, reply) => {
        const { next } = request.body;
        const token = request.body.token.trim();
        if (find(`Bearer ${token}`) === undefined)
          return show(reply.code(401), { title: 'Sign in', main: signInForm(next, wrongToken) });
        return reply.header('set-cookie', signedIn(request, token)).redirect(next, 303);
      },
    );
    app.post('/sign-out', { config, schema: { hide: true } }, async (request, reply) =>
      reply.header('set-cookie', signedOut(request)).redirect('/sign-in', 303),
    );
  };
}

const wrongToken =
  'No token of this API is like this one. It may have been rotated: ask who runs Waybill for a new one.';

function signInForm(next: string, problem?: string): Html {
  return html`<form class="sign-in" method="post" action="/sign-in">
<p>Sign in with a token of the API. One with the scope <code>read</code> shows everything; <code>operate</code> also redrives.</p>
<input type="hidden" name="next" value="${next}">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required maxlength="1000" spellcheck="false"${problem !== undefined && html` aria-invalid="true" aria-describedby="problem"`}>
${problem !== undefined && html`<p id="problem" class="problem" role="alert">${problem}</p>`}
<button class="button">Sign in</button>
</form>`;
}
