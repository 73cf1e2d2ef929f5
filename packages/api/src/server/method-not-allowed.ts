import { METHODS } from 'node:http';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { Problem } from '../problems/problem.ts';

declare module 'fastify' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface adds to the one of fastify
  interface FastifyContextConfig {
    /** Not a route of ours: what answers the other methods of its path. */
    refused?: true;
  }
}

/** CONNECT never comes as a request: Node closes its connection. */
const parsed = METHODS.filter((method) => method !== 'CONNECT');

/** The methods of each path that has a route. */
export type PathMethods = ReadonlyMap<string, ReadonlySet<string>>;

/** Collects the methods of each path from now on. */
export function watchPaths(app: FastifyInstance): PathMethods {
  const paths = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }: RouteOptions) => {
    const methods = paths.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    paths.set(url, methods);
  });
  return paths;
}

/**
 * Answers 405 where a path has no route for a method, whatever method Node's parser takes: routes of their own, so that
 * `GET /v1/parcels/batch-get` is not taken for a parcel with that id.
 */
export function refuseOtherMethods(app: FastifyInstance, paths: PathMethods): void {
  const known = new Set(app.supportedMethods);
  for (const method of parsed) if (!known.has(method)) app.addHttpMethod(method);
  for (const [url, methods] of [...paths]) {
    const allow = [...methods].toSorted().join(', ');
    const refuse = () => {
      throw new Problem('METHOD_NOT_ALLOWED', `this path takes ${allow}`, { headers: { allow } });
    };
    app.route({
      url,
      method: parsed.filter((method) => !methods.has(method)),
      schema: { hide: true },
      config: { open: true, refused: true },
      exposeHeadRoute: false,
      // Before the body is read, and before its content type is judged.
      onRequest: refuse,
      handler: refuse,
    });
  }
}
