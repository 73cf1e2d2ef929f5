import { failureRetentionDays } from '@waybill/shared/resources.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { openAllFailures } from '../../failures/all-failures.ts';
import { getFailure, getFailureGroups, getFailures } from '../../failures/failures.ts';
import { idInPath } from '../../server/id-in-path.ts';
import { html } from '../html/html.ts';
import { type Explanation, explaining } from '../layout/explaining.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';
import { isNarrow } from './failure-filters.ts';
import { groupOfUrl, groupsOfUrl } from './failure-query.ts';
import { groupView } from './group-view.ts';
import { groupsView } from './groups-view.ts';
import { recordView } from './record-view.ts';

/** Failures of one page of a list. */
const pageSize = 100;

/** More than this are counted again only when somebody asks: it takes a read for every few hundred. */
const mostCountedLive = 1_000;

/** `/failures`: what failed, by cause; the records of one cause; one record. */
export function failureScreens(deps: PageDependencies): FastifyPluginAsyncZod {
  const { show, clock } = deps;
  const all = openAllFailures(deps);
  const config = { ...screenConfig(show, ['read']), sendProblem: explaining(show, indexOff) };
  return async (app) => {
    app.get(
      '/failures',
      { config, schema: { hide: true, querystring: groupsOfUrl } },
      async ({ query: filter, caller, signal }, reply) => {
        const { found, asOfUtc } = isNarrow(filter)
          ? { found: await getFailureGroups(deps, caller, filter, signal), asOfUtc: undefined }
          : await all(caller);
        const mayOperate = caller.scopes.has('operate');
        const main = groupsView({ found, filter, mayOperate, nowMs: clock.now() });
        const isLive = found.count <= mostCountedLive;
        return show(reply, { title: 'Failures', active: 'failures', main, isLive, ...(asOfUtc && { asOfUtc }) });
      },
    );
    app.get(
      '/failures/group',
      { config, schema: { hide: true, querystring: groupOfUrl } },
      async ({ query, caller, signal }, reply) => {
        const { cursor, ...filter } = query;
        const [page, groups] = await Promise.all([
          getFailures(deps, caller, { ...query, limit: pageSize }, signal),
          // A count takes a look at each of them, which the pages after the first do without.
          cursor === undefined ? getFailureGroups(deps, caller, filter, signal) : undefined,
        ]);
        const main = groupView({
          ...{ filter, failures: page.failures, nextCursor: page.nextCursor, cursor },
          count: groups && { of: groups.count, isMoreThan: groups.isMoreThan },
          ...{ mayOperate: caller.scopes.has('operate'), nowMs: clock.now() },
        });
        return show(reply, { title: 'Failures of one cause', active: 'failures', main });
      },
    );
    app.get(
      '/failures/record/:failureId',
      {
        config: { ...screenConfig(show, ['read', 'operate']), sendProblem: explaining(show, noRecord) },
        schema: { hide: true, params: z.strictObject({ failureId: idInPath }) },
      },
      async ({ params, caller }, reply) => {
        const failure = await getFailure(deps, caller, params.failureId);
        const main = recordView(failure, { mayOperate: caller.scopes.has('operate'), nowMs: clock.now() });
        return show(reply, { title: 'One failure', active: 'failures', main });
      },
    );
  };
}

const indexOff: Explanation = {
  code: 'INDEX_OFF',
  screen: () => ({
    title: 'Failures',
    active: 'failures',
    main: html`<p class="sentence">The failures table has no index of what is not resolved, so this screen cannot list it.</p>
<p>Deploy the stack of this release: it adds the index <code>unresolved</code>. Until then the command line scans the whole table: <code>waybill failures groups</code>.</p>`,
  }),
};

const noRecord: Explanation = {
  code: 'NOT_FOUND',
  screen: () => ({
    title: 'One failure',
    active: 'failures',
    main: html`<p class="sentence">There is no failure with this id.</p>
<p>A record is kept ${failureRetentionDays} days after it failed last. <a href="/failures">All failures</a></p>`,
  }),
};
