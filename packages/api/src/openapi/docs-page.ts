import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { fastify } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';

const scriptPath = '/docs/scalar.js';
const schema = { hide: true, querystring: z.strictObject({}) };
const config = { open: true } as const;

/**
 * `GET /docs`: the document for people, by Scalar, from this host alone. Its policy allows no other host, whatever a later
 * release of Scalar would ask for, and of inline scripts the one that starts it.
 */
export function docsPage(): FastifyPluginAsyncZod {
  // 5 MB that most processes never need: made when somebody opens the page first.
  let making: ReturnType<typeof makeDocs> | undefined;
  const docs = () => {
    making ??= makeDocs();
    return making;
  };
  return async (app) => {
    app.get('/docs', { schema, config }, async (_request, reply) => {
      const { page, policy } = await docs();
      return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page);
    });
    app.get(scriptPath, { schema, config }, async ({ headers }, reply) => {
      const { script, zippedScript } = await docs();
      void reply
        .type('text/javascript; charset=utf-8')
        .headers({ 'cache-control': 'max-age=3600', vary: 'accept-encoding' });
      if (!/\bgzip\b/.test(String(headers['accept-encoding']))) return reply.send(script);
      return reply.header('content-encoding', 'gzip').send(zippedScript);
    });
  };
}

async function makeDocs() {
  const { default: reference } = await import('@scalar/fastify-api-reference');
  // What its plugin answers is always the same. Asked once here, it has no route of its own in the API.
  const scalar = fastify();
  await scalar.register(reference, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      cdn: scriptPath,
      pageTitle: 'Waybill API',
      telemetry: false,
      withDefaultFonts: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      hideClientButton: true,
      showDeveloperTools: 'never',
    },
  });
  const { body: page } = await scalar.inject('/docs/');
  const { body: script } = await scalar.inject('/docs/js/scalar.js');
  await scalar.close();
  return { page, policy: policyOf(page), script, zippedScript: await promisify(gzip)(script) };
}

/** Scalar puts styles into the page and into elements; scripts come from here only, besides those whose hash is named. */
function policyOf(page: string): string {
  const hashes = [...page.matchAll(/<script(?: type="text\/javascript")?>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
