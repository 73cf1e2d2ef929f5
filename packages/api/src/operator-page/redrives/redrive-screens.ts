import { filterOf } from '@waybill/operations/redrive/selection.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { redrivePlanRequest } from '../../redrives/redrive-requests.ts';
import { getRedrive, postCancel, postPlan, postRedrive } from '../../redrives/redrives.ts';
import { idInPath } from '../../server/id-in-path.ts';
import { html } from '../html/html.ts';
import { asSentence } from '../html/words.ts';
import { type Explanation, explaining } from '../layout/explaining.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';
import { planRequest, runRequest, runRequestBytes } from './form-requests.ts';
import { planView, selectionForm } from './plan-page.ts';
import { progressView } from './progress-view.ts';

/** `/redrives`: select, plan, confirm, run; follow and cancel. */
export function redriveScreens(deps: PageDependencies): FastifyPluginAsyncZod {
  const { show, clock } = deps;
  const operate = { ...screenConfig(show, ['operate']), sendProblem: explaining(show, conflict, noRedrive) };
  const params = z.strictObject({ operationId: idInPath });
  return async (app) => {
    app.get(
      '/redrives/plan',
      { config: operate, schema: { hide: true, querystring: planRequest } },
      async ({ query: { filter, deployedAtUtc } }, reply) =>
        show(reply, { title: 'Redrive', active: 'failures', main: selectionForm(filter, deployedAtUtc) }),
    );
    app.post(
      '/redrives/plan',
      { config: operate, schema: { hide: true, body: planRequest } },
      async ({ body, caller, signal }, reply) => {
        const plan = await postPlan(deps, caller, body, signal);
        const { filter, deployedAtUtc } = body;
        const nowMs = clock.now();
        const main = planView({ plan, filter, shownFilter: filterOf(filter), deployedAtUtc, nowMs });
        return show(reply, { title: 'Redrive: the plan', active: 'failures', main });
      },
    );
    app.post(
      '/redrives',
      { config: operate, bodyLimit: runRequestBytes, schema: { hide: true, body: runRequest } },
      async ({ body, caller }, reply) => {
        const { operationId } = await postRedrive(deps, caller, body);
        return reply.redirect(`/redrives/${operationId}`, 303);
      },
    );
    app.get(
      '/redrives/:operationId',
      {
        config: { ...screenConfig(show, ['read', 'operate']), sendProblem: explaining(show, noRedrive) },
        schema: { hide: true, params },
      },
      async ({ params: { operationId }, caller }, reply) => {
        const operation = await getRedrive(deps, caller, operationId);
        // The command line may have redriven another queue, or have had a filter that no form has.
        const { data } = redrivePlanRequest.shape.filter.safeParse(operation.filter);
        const mayOperate = caller.scopes.has('operate');
        const main = progressView({ operation, filter: data, mayOperate, nowMs: clock.now() });
        return show(reply, { title: 'Redrive', active: 'failures', main, isLive: operation.state !== 'ended' });
      },
    );
    app.post(
      '/redrives/:operationId/cancel',
      { config: operate, schema: { hide: true, params } },
      async ({ params: { operationId }, caller }, reply) => {
        await postCancel(deps, caller, operationId);
        return reply.redirect(`/redrives/${operationId}`, 303);
      },
    );
  };
}

/** What stands in the way, and where it can be looked at. */
const conflict: Explanation = {
  code: 'CONFLICT',
  screen: ({ message, more: { members = {} } }) => {
    const { operationId } = members;
    const isOther = typeof operationId === 'string';
    return {
      title: 'Redrive',
      active: 'failures',
      main: html`<p class="sentence">${isOther ? 'Another redrive is under way. One runs at a time: wait for its end, or cancel it.' : asSentence(message)}</p>
<p class="next">${isOther && html`<a class="button" href="/redrives/${operationId}">Look at it</a>`}<a href="/failures">Failures</a><a href="/operations">Operations</a></p>`,
    };
  },
};

const noRedrive: Explanation = {
  code: 'NOT_FOUND',
  screen: () => ({
    title: 'Redrive',
    active: 'failures',
    main: html`<p class="sentence">There is no redrive with this id.</p>
<p class="next"><a href="/operations">All operations</a></p>`,
  }),
};
