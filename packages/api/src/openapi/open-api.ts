import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  type FastifyPluginAsyncZod,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from '../problems/problem-answers.ts';
import type { Json } from './components.ts';
import { documentOf } from './document.ts';
import type { Access } from './operation.ts';
import { named, schemaRegistry } from './schema-registry.ts';

/** With a registry of one's own for the names, what `.meta()` and `.describe()` say would be lost. */
const zodToJsonConfig = {
  override: ({ zodSchema, jsonSchema }: { readonly zodSchema: z.core.$ZodTypes; readonly jsonSchema: object }) => {
    const { id: _, ...meta } = z.globalRegistry.get(zodSchema) ?? {};
    // An answer without a body, as @fastify/swagger tells it.
    const noBody = zodSchema instanceof z.ZodUndefined ? { type: 'null' } : {};
    Object.assign(jsonSchema, noBody, meta);
  },
};

/**
 * Gathers the document of the routes that are registered on the same instance after it: `app.swagger()`, once the app is
 * ready. A route declares its zod schemas by `answers`, an operationId, a summary, tags, and by its config who may call it.
 */
export async function gatherDocument(app: FastifyInstance): Promise<void> {
  const accessOf = new Map<string, Access>();
  const transform = createJsonSchemaTransform({ schemaRegistry, zodToJsonConfig });
  const transformObject = createJsonSchemaTransformObject({ schemaRegistry, zodToJsonConfig });
  await app.register(swagger, {
    openapi: { openapi: '3.1.1' },
    convertConstToEnum: false,
    transform: (route) => {
      const { operationId } = route.schema ?? {};
      if (operationId !== undefined) {
        if (accessOf.has(operationId)) throw new Error(`two routes have the operationId ${operationId}`);
        accessOf.set(operationId, route.route.config ?? {});
      }
      return transform(route);
    },
    transformObject: (whole) => {
      // Holds: both make JSON, whose types are wider than this document's.
      const { paths, components } = transformObject(whole) as { paths?: Json; components?: { schemas?: Json } };
      return documentOf(paths ?? {}, components?.schemas ?? {}, accessOf) as object;
    },
  });
}

const anyDocument = named('OpenApiDocument', z.looseObject({ openapi: z.string() }), 'An OpenAPI document.');

/** `GET /openapi.json`. */
export function documentRoute(): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/openapi.json',
      {
        schema: {
          operationId: 'getOpenApiDocument',
          summary: 'This document',
          tags: ['document'],
          querystring: z.strictObject({}),
          response: answers({ 200: anyDocument }),
        },
        config: { open: true },
      },
      () => anyDocument.parse(app.swagger()),
    );
  };
}
