import type { Clock } from '@waybill/shared/clock.ts';
import type { FastifyContextConfig, FastifyReply } from 'fastify';
import { nobody } from '../../access/access.ts';
import type { Scope } from '../../access/caller.ts';
import { type Problem, problems } from '../../problems/problem.ts';
import { problemHeaders } from '../../problems/problem-document.ts';
import type { Assets } from '../assets/asset-routes.ts';
import { html } from '../html/html.ts';
import { asSentence } from '../html/words.ts';
import { documentOf, type Screen } from './document.ts';

/** Sends a screen as an HTML document. */
export type Show = (reply: FastifyReply, screen: Screen) => FastifyReply;

/** What the page may do in a browser: load from this host, and send forms to it. Nobody may embed it. */
const policy = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'";

export function showWith({ clock, assets }: { readonly clock: Pick<Clock, 'now'>; readonly assets: Assets }): Show {
  return (reply, screen) => {
    const { caller, method } = reply.request;
    const context = {
      caller: caller === nobody ? undefined : caller,
      assetPath: assets.path,
      nowMs: clock.now(),
      isAnswer: method === 'POST',
    };
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .send(documentOf(screen, context));
  };
}

/** A problem as a screen, which says what to do. Who is not signed in is sent to sign in, and comes back. */
export function showProblemWith(show: Show): (reply: FastifyReply, problem: Problem) => FastifyReply {
  return (reply, problem) => {
    const { code, message, more } = problem;
    const { request } = reply;
    const { status, title } = problems[code];
    if (code === 'UNAUTHENTICATED') return toSignIn(reply, show);
    return show(reply.code(status).headers(problemHeaders(problem)), {
      title,
      main: html`<p class="sentence">${asSentence(message)}</p>
${more.errors && html`<ul>${more.errors.map(({ pointer, detail }) => html`<li><code>${pointer}</code> ${detail}</li>`)}</ul>`}
<p class="next"><a class="button" href="${request.method === 'GET' ? request.url : '/'}">Try again</a> <a href="/">Now</a></p>
<p class="age">Request ${request.id}</p>`,
    });
  };
}

/**
 * A link on another site opens the page without the cookie, because it is for this site alone: the page then asks for itself
 * once more, which brings it.
 */
function toSignIn(reply: FastifyReply, show: Show): FastifyReply {
  const { request } = reply;
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (request.method === 'GET' && mode === 'navigate' && site === 'cross-site') {
    return show(reply.code(200).header('refresh', '0'), {
      title: 'One moment',
      main: html`<p class="next"><a class="button" href="${request.url}">Go on</a></p>`,
    });
  }
  const next = request.method === 'GET' && request.url !== '/' ? `?next=${encodeURIComponent(request.url)}` : '';
  return reply.redirect(`/sign-in${next}`, 303);
}

/** The config of a screen's route: who may open it, by a cookie; problems are screens, too. */
export function screenConfig(show: Show, scopes: readonly [Scope, ...Scope[]] | 'open'): FastifyContextConfig {
  const sendProblem = showProblemWith(show);
  return scopes === 'open' ? { open: true, cookie: true, sendProblem } : { scopes, cookie: true, sendProblem };
}
