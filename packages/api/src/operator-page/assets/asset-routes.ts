import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type PageFileName, pageFiles } from './page-files.ts';

export type Assets = {
  /** The path of a file, which changes with the content of any of them: browsers may keep it for ever. */
  readonly path: (name: PageFileName) => string;
  readonly routes: FastifyPluginAsyncZod;
};

/** A year, in seconds: what HTTP takes for ever. */
const forEver = 'public, max-age=31536000, immutable';

/** The files of the page, read once. They are open: they say nothing of the deployment. */
export function openAssets(): Assets {
  const files = pageFiles().map((file) => ({ ...file, content: readFileSync(file.path) }));
  const digest = createHash('sha256');
  for (const { content } of files) digest.update(content);
  const version = digest.digest('hex').slice(0, 12);
  const served = new Map(
    files.map((file) => [file.name as string, { ...file, zipped: promisify(gzip)(file.content) }]),
  );
  return {
    path: (name) => `/page/${version}/${name}`,
    routes: async (app) => {
      app.get(
        '/page/:version/:name',
        {
          schema: {
            hide: true,
            querystring: z.strictObject({}),
            params: z.strictObject({ version: z.string(), name: z.string() }),
          },
          config: { open: true },
        },
        async ({ params, headers }, reply) => {
          const file = served.get(params.name);
          if (!file) return reply.callNotFound();
          // While tasks of two releases run, one is asked for the files of the other: it gives its own, for this once.
          if (params.version === version) void reply.header('cache-control', forEver);
          void reply.type(file.type).header('vary', 'accept-encoding');
          if (!/\bgzip\b/.test(String(headers['accept-encoding']))) return reply.send(file.content);
          return reply.header('content-encoding', 'gzip').send(await file.zipped);
        },
      );
    },
  };
}
