import { operationRetentionDays } from '@waybill/shared/resources.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { getOperation, getOperations, operationsQuery, type ShownOperation } from '../../operations/operations.ts';
import { idInPath } from '../../server/id-in-path.ts';
import { type Html, html } from '../html/html.ts';
import { foreign, id, timeWithAge } from '../html/words.ts';
import { type Explanation, explaining } from '../layout/explaining.ts';
import { pageLimit, pageLinks } from '../layout/lists.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';
import { isRedrive, operationView, outcomeTag } from './operation-view.ts';

/** `/operations`: what operators did, and the record of one act. */
export function operationScreens(deps: PageDependencies): FastifyPluginAsyncZod {
  const { show, clock } = deps;
  const config = screenConfig(show, ['read']);
  return async (app) => {
    app.get(
      '/operations',
      { config, schema: { hide: true, querystring: operationsQuery.omit({ limit: true }) } },
      async ({ query, caller }, reply) => {
        const { operations, nextCursor } = await getOperations(deps, caller, { ...query, limit: pageLimit });
        const main = html`${
          operations.length > 0
            ? list(operations, clock.now())
            : html`<p class="sentence">Nobody has done anything yet.</p>
<p>Acts of the page, the API and the command line stand here with who did them and why.</p>`
        }
${pageLinks({ path: '/operations', filters: {} }, { cursor: query.cursor, nextCursor })}`;
        return show(reply, { title: 'Operations', active: 'operations', main });
      },
    );
    app.get(
      '/operations/:operationId',
      {
        config: { ...config, sendProblem: explaining(show, noOperation) },
        schema: { hide: true, params: z.strictObject({ operationId: idInPath }) },
      },
      async ({ params, caller }, reply) => {
        const operation = await getOperation(deps, caller, params.operationId);
        const main = html`${operationView(operation, clock.now())}
<p class="next">${isRedrive(operation) && html`<a class="button quiet" href="/redrives/${operation.operationId}">How the redrive does</a>`}<a href="/operations">All operations</a></p>`;
        return show(reply, { title: 'One operation', active: 'operations', main });
      },
    );
  };
}

function list(operations: readonly ShownOperation[], nowMs: number): Html {
  return html`<table class="rows">
<caption>What operators did, the newest first</caption>
<thead><tr><th scope="col">Started</th><th scope="col">What</th><th scope="col">Outcome</th><th scope="col">By</th><th scope="col">Because</th><th scope="col">Operation</th></tr></thead>
<tbody id="operations" data-live>${operations.map((operation) => {
    const { operationId, kind, by, because, startedAtUtc } = operation;
    return html`<tr>
<th scope="row">${timeWithAge(startedAtUtc, nowMs)}</th>
<td data-name="What">${foreign(kind)}</td>
<td data-name="Outcome">${outcomeTag(operation)}</td>
<td data-name="By">${foreign(by)}</td>
<td data-name="Because">${foreign(because)}</td>
<td data-name="Operation"><a href="/operations/${operationId}">${id(operationId)}</a></td>
</tr>`;
  })}</tbody>
</table>`;
}

const noOperation: Explanation = {
  code: 'NOT_FOUND',
  screen: () => ({
    title: 'One operation',
    active: 'operations',
    main: html`<p class="sentence">There is no operation with this id.</p>
<p>What was done stays on record for ${operationRetentionDays} days. <a href="/operations">All operations</a></p>`,
  }),
};
