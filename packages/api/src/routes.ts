import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { batchRoutes } from './batches/batch-routes.ts';
import { failureRoutes } from './failures/failure-routes.ts';
import { ingestionRoutes } from './ingestion/ingestion-routes.ts';
import { notificationRoutes } from './notifications/notification-routes.ts';
import { operationRoutes } from './operations/operation-routes.ts';
import { operatorPage } from './operator-page/operator-page.ts';
import { createCursors } from './pages/cursor.ts';
import { parcelRoutes } from './parcels/parcel-routes.ts';
import { redriveRoutes } from './redrives/redrive-routes.ts';
import { RedriveSlot } from './redrives/redrive-slot.ts';
import type { ApiDependencies } from './server/api-dependencies.ts';
import { statusRoutes } from './status/status-routes.ts';

/** Every route of the API, by what it is about. One line each. */
export function apiRoutes(deps: ApiDependencies): readonly FastifyPluginAsyncZod[] {
  const listing = { ...deps, cursors: createCursors(deps.settings.tokens) };
  const redriving = { ...listing, slot: new RedriveSlot(deps.log) };
  return [
    parcelRoutes(listing),
    ingestionRoutes(deps),
    batchRoutes(listing),
    statusRoutes(deps),
    failureRoutes(listing),
    redriveRoutes(redriving),
    operationRoutes(listing),
    notificationRoutes(listing),
    operatorPage(redriving),
  ];
}
