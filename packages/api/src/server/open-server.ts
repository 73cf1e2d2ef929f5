import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { type FastifyPluginAsyncZod, serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { admit, requireAccess } from '../access/access.ts';
import { findCaller } from '../access/tokens.ts';
import { docsPage } from '../openapi/docs-page.ts';
import { documentRoute, gatherDocument } from '../openapi/open-api.ts';
import { Problem, problems } from '../problems/problem.ts';
import { problemDocument, problemHeaders, problemType } from '../problems/problem-document.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import { refuseOtherMethods, watchPaths } from './method-not-allowed.ts';
import { problemOf } from './problem-of.ts';
import { requestIdOf } from './request-id.ts';
import { validateInput } from './validate-input.ts';

/** Milliseconds that a request may take, its body included. */
const requestLimitMs = 10_000;

export type ServerDependencies = Pick<ApiDependencies, 'log' | 'settings'> & {
  /** Each with its routes, in the order in which they stand in the documentation. */
  readonly routes: readonly FastifyPluginAsyncZod[];
};

/** The server with these routes, ready for requests, on no port yet. */
export async function openServer({ log, settings, routes }: ServerDependencies): Promise<FastifyInstance> {
  const app = fastify({
    genReqId: ({ headers }) => requestIdOf(headers),
    bodyLimit: settings.bodyMaxBytes,
    handlerTimeout: requestLimitMs,
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (error, request, reply) => void sendProblem(reply.header('x-request-id', request.id), error),
    clientErrorHandler: refuseConnection,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validateInput);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('caller');
  app.addHook('onRoute', requireAccess);

  const find = findCaller(settings.tokens);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    admit(request, find);
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.code === 'INTERNAL')
      log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'request failed');
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, new Problem('NOT_FOUND', 'there is no such path: GET /openapi.json lists them')),
  );

  const paths = watchPaths(app);
  await gatherDocument(app);
  for (const plugin of [...routes, documentRoute(), docsPage()]) await app.register(plugin);
  refuseOtherMethods(app, paths);
  await app.ready();
  return app;
}

function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error);
  return reply
    .code(problems[problem.code].status)
    .headers(problemHeaders(problem))
    .type(problemType)
    .send(JSON.stringify(problemDocument(problem, reply.request.id)));
}

/** Answers what is not HTTP, or came too slowly, and closes the connection. */
function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = new Problem('INVALID_REQUEST', 'this is not a request by HTTP/1.1, or it came too slowly');
  const { status } = problems[problem.code];
  const requestId = requestIdOf({});
  const body = JSON.stringify(problemDocument(problem, requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
