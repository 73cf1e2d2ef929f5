import { getHeapStatistics } from 'node:v8';
import { codingsOf } from '@waybill/shared/scan-api/codings.ts';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { type FastifyPluginAsyncZod, serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { nobody, requireAccess } from '../access/access.ts';
import { docsPage } from '../openapi/docs-page.ts';
import { documentRoute, gatherDocument } from '../openapi/open-api.ts';
import { Problem, problems } from '../problems/problem.ts';
import { admission } from './admit.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import {
  bodiesOfHeap,
  connectionsCheckMs,
  headersLimitMs,
  keepAliveMs,
  longestParameter,
  mostInFlight,
  mostOfOne,
  requestLimitMs,
  requestsOnConnection,
} from './limits.ts';
import { refuseOtherMethods, watchPaths } from './method-not-allowed.ts';
import { clientGone, noRoute, observeAnswer, observeProblem, routeOf } from './observe.ts';
import { problemOf } from './problem-of.ts';
import { refusal } from './refusal.ts';
import { problemOfConnection, refuseConnection } from './refuse-connection.ts';
import { requestIdOf } from './request-id.ts';
import { type InFlightLimits, RequestsInFlight } from './requests-in-flight.ts';
import { securityHeaders } from './security-headers.ts';
import { sendProblem } from './send-problem.ts';
import { refuseAnyQuery, validateInput } from './validate-input.ts';

export type ServerDependencies = Pick<ApiDependencies, 'log' | 'settings' | 'clock' | 'metrics'> & {
  /** Each with its routes, in the order in which they stand in the documentation. */
  readonly routes: readonly FastifyPluginAsyncZod[];
  readonly limits?: Partial<InFlightLimits>;
};

export type ApiServer = {
  /** Ready for requests, on no port yet. */
  readonly app: FastifyInstance;
  /** Takes no more connections, lets requests in flight end, and resolves once every connection is closed. */
  readonly stop: () => Promise<void>;
};

/** The server with these routes. */
export async function openServer(deps: ServerDependencies): Promise<ApiServer> {
  const { settings, clock, metrics } = deps;
  const limits = {
    most: mostInFlight,
    mostOfOne,
    mostBytes: getHeapStatistics().heap_size_limit * bodiesOfHeap,
    requestMs: requestLimitMs,
    ...deps.limits,
  };
  const inFlight = new RequestsInFlight(limits);
  const admit = admission({ settings, clock });

  const begin = (request: FastifyRequest, reply: FastifyReply) => {
    const begunAt = clock.monotonic();
    // Not on the raw answer: Node writes headers that come together in one pass.
    reply.headers(ofEveryAnswer).header('x-request-id', request.id);
    request.caller = nobody;
    const onEnd = (isAnswered: boolean) => {
      const ms = clock.monotonic() - begunAt;
      const status = isAnswered ? reply.statusCode : clientGone;
      observeAnswer({ requestId: request.id, route: routeOf(request), status, ms, token: request.caller.name }, deps);
      metrics['waybill.api.in_flight'].record(inFlight.count);
    };
    const onTooLong = () => {
      // A part of the answer has left: cutting it off is all that can still be said.
      if (reply.sent) reply.raw.destroy();
      else fail(refusal('time', 5), request, reply);
    };
    request.visit = inFlight.begin(request, reply, { onTooLong, onEnd });
    metrics['waybill.api.in_flight'].record(inFlight.count);
  };
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemOf(error);
    const { signal } = request.visit;
    // What was waited for is given up because the client has gone: no engine is away.
    const isGivenUp = problem.more.reason === 'engine' && signal.aborted;
    if (!isGivenUp) observeProblem(problem, { requestId: request.id, route: routeOf(request) }, deps);
    return (request.routeOptions.config?.sendProblem ?? sendProblem)(reply, problem);
  };

  const app = fastify({
    genReqId: ({ headers }) => requestIdOf(headers),
    bodyLimit: settings.bodyMaxBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: keepAliveMs,
    maxRequestsPerSocket: requestsOnConnection,
    http: {
      headersTimeout: headersLimitMs,
      connectionsCheckingInterval: connectionsCheckMs,
      // Node's own answer has no body: `requireHost` says it as a problem.
      requireHostHeader: false,
    },
    // What comes while the stop is under way is answered as before it, with `Connection: close`.
    return503OnClosing: false,
    routerOptions: { maxParamLength: longestParameter },
    frameworkErrors: (error, request, reply) => {
      begin(request, reply);
      fail(error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      const isAnswered = [...inFlight.all()].some(({ reply: { raw } }) => raw.socket === socket && raw.headersSent);
      if (error.code === 'ECONNRESET' || !socket.writable || isAnswered) return void socket.destroy();
      const problem = problemOfConnection(error);
      const requestId = refuseConnection(problem, socket);
      const { status } = problems[problem.code];
      observeAnswer({ requestId, route: noRoute, status, ms: 0, token: nobody.name }, deps);
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validateInput);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('caller');
  app.decorateRequest('visit');
  app.decorateRequest('signal', { getter: signalOf });
  app.addHook('onRoute', requireAccess);
  app.addHook('onRoute', refuseAnyQuery);
  app.addHook('onRequest', (request, reply, done) => {
    begin(request, reply);
    let refused: Error | undefined;
    try {
      requireHost(request);
      inFlight.requireRoom();
      admit(request);
    } catch (error) {
      // What is not a problem is an error of ours, and is made one by the handler of errors.
      refused = problemOf(error);
    }
    done(refused);
  });
  // Node answers what is expected besides 100-continue with a bare 417: nothing of it is needed here.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  // Text is no body of any route: without its parser it is 415, as every other type is.
  app.removeContentTypeParser('text/plain');
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (codingsOf(request.headers['content-encoding']).length > 0)
      done(new Problem('UNSUPPORTED_MEDIA_TYPE', 'send the body as it is, without Content-Encoding'));
    // Clients name the type of a body that they leave out.
    else if (body === '' && request.routeOptions.schema?.body === undefined) done(null, undefined);
    else parseJson(request, String(body), done);
  });
  app.setErrorHandler(fail);
  app.setNotFoundHandler((request, reply) =>
    fail(new Problem('NOT_FOUND', 'there is no such path: GET /openapi.json lists them'), request, reply),
  );
  const paths = watchPaths(app);
  await gatherDocument(app);
  for (const plugin of [...deps.routes, documentRoute(), docsPage()]) await app.register(plugin);
  refuseOtherMethods(app, paths);
  await app.ready();
  return { app, stop: () => stopServer(app, inFlight, limits.requestMs) };
}

const ofEveryAnswer = { ...Object.fromEntries(securityHeaders), 'cache-control': 'no-store' };

/** Throws `INVALID_REQUEST` for a request that HTTP/1.1 has a server refuse (RFC 9112, section 3.2). */
function requireHost({ raw, headers }: FastifyRequest): void {
  if (raw.httpVersion === '1.1' && headers.host === undefined)
    throw new Problem('INVALID_REQUEST', 'a request by HTTP/1.1 needs the header Host');
}

function signalOf(this: FastifyRequest): AbortSignal {
  return this.visit.signal;
}

/** Milliseconds after the longest request until connections are cut: clients that take no answer. */
const cutAfterMs = 1_000;

async function stopServer(app: FastifyInstance, inFlight: RequestsInFlight, requestMs: number): Promise<void> {
  for (const { reply } of inFlight.all()) if (!reply.raw.headersSent) reply.raw.setHeader('connection', 'close');
  const closed = app.close();
  const { promise: tooLong, resolve: giveUp } = Promise.withResolvers<void>();
  const timer = setTimeout(giveUp, requestMs + cutAfterMs);
  await Promise.race([inFlight.none(), tooLong]);
  clearTimeout(timer);
  // What is left has sent no request, or takes no answer.
  app.server.closeAllConnections();
  await closed;
}
