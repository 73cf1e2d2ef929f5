import type { KnownOfParcel } from '@waybill/operations/parcels/show-parcel.ts';
import { scanTimeMs } from '@waybill/shared/domain/scan-time.ts';
import type { ParcelView } from '@waybill/shared/parcels/parcel-view.ts';
import { agoOf } from '@waybill/shared/times.ts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { createParcelQueries } from '../../parcels/parcel-queries.ts';
import { type Html, html } from '../html/html.ts';
import { foreign, id } from '../html/words.ts';
import type { Screen } from '../layout/document.ts';
import type { PageDependencies } from '../layout/page-dependencies.ts';
import { screenConfig } from '../layout/show.ts';
import { parcelHistory } from './history.ts';
import { notStored } from './not-stored.ts';
import { parcelFacts } from './parcel-facts.ts';
import { parcelSearch } from './parcel-search.ts';
import { parcelFailures, parcelNotifications } from './parcel-troubles.ts';
import { stageSentence } from './stage-tag.ts';
import { typedParcelId } from './typed-parcel-id.ts';

/** `/parcel`, the search, and `/parcel/{parcelId}`: where a parcel is, and why it is not further. */
export function parcelScreen(deps: PageDependencies): FastifyPluginAsyncZod {
  const { show, clock } = deps;
  const queries = createParcelQueries(deps);
  const config = screenConfig(show, ['read']);
  const searchScreen = (typed?: string, problem?: string): Screen => ({
    title: 'Parcel',
    active: 'parcel',
    main: parcelSearch(typed, problem),
  });
  return async (app) => {
    app.get(
      '/parcel',
      { config, schema: { hide: true, querystring: z.strictObject({ id: z.string().optional() }) } },
      async ({ query: { id: text } }, reply) => {
        if (text === undefined) return show(reply, searchScreen());
        const typed = typedParcelId(text);
        if ('problem' in typed) return show(reply.code(400), searchScreen(text, typed.problem));
        return reply.redirect(`/parcel/${typed.parcelId}`, 303);
      },
    );
    app.get(
      '/parcel/:parcelId',
      { config, schema: { hide: true, params: z.strictObject({ parcelId: z.string() }) } },
      async ({ params, caller, signal }, reply) => {
        const typed = typedParcelId(params.parcelId);
        if ('problem' in typed) return show(reply.code(400), searchScreen(params.parcelId, typed.problem));
        const { parcelId } = typed;
        // One address for a parcel.
        if (params.parcelId !== String(parcelId)) return reply.redirect(`/parcel/${parcelId}`, 303);
        const nowMs = clock.now();
        const known = await queries.known(caller, parcelId, signal);
        const main = known.parcel ? stored(known, known.parcel, nowMs) : notStored(known, parcelId, nowMs);
        return show(reply.code(known.parcel ? 200 : 404), { title: `Parcel ${parcelId}`, active: 'parcel', main });
      },
    );
  };
}

function stored(known: KnownOfParcel, parcel: ParcelView, nowMs: number): Html {
  return html`<p class="sentence">${sentenceOf(parcel, nowMs)}</p>
${parcelFacts(parcel, known.freshness.completeThroughEventId, nowMs)}
${parcelHistory(parcel, nowMs)}
${parcelFailures(known, nowMs)}
${parcelNotifications(known, nowMs)}
${known.notLookedAt.map((note) => html`<p class="note">Not looked at: ${foreign(note)}.</p>`)}`;
}

function sentenceOf({ parcelId, stage, latest }: ParcelView, nowMs: number): Html {
  const scannedMs = scanTimeMs(latest.createdDateTimeUtc);
  const when =
    scannedMs === undefined ? '' : ` Its latest scan was ${agoOf(new Date(scannedMs).toISOString(), nowMs)}.`;
  return html`Parcel ${id(parcelId)} ${stageSentence(stage)}.${when}`;
}
