import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ApiDependencies } from './server/api-dependencies.ts';

/** Every route of the API, by what it is about. One line each. */
export function apiRoutes(_deps: ApiDependencies): readonly FastifyPluginAsyncZod[] {
  return [];
}
