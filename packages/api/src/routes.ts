import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ingestionRoutes } from './ingestion/ingestion-routes.ts';
import { parcelRoutes } from './parcels/parcel-routes.ts';
import type { ApiDependencies } from './server/api-dependencies.ts';

/** Every route of the API, by what it is about. One line each. */
export function apiRoutes(deps: ApiDependencies): readonly FastifyPluginAsyncZod[] {
  return [parcelRoutes(deps), ingestionRoutes(deps)];
}
