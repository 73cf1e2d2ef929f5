import type { FastifyReply } from 'fastify';
import { type Problem, problems } from '../problems/problem.ts';
import { problemDocument, problemHeaders, problemType } from '../problems/problem-document.ts';
import { problemOf } from './problem-of.ts';

declare module 'fastify' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface adds to the one of fastify
  interface FastifyContextConfig {
    /** Answers with a problem in a form of the route's own; by default it is a problem document. */
    sendProblem?: (reply: FastifyReply, problem: Problem) => FastifyReply;
  }
}

/** Answers with the problem that a thrown value makes. */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error);
  return reply
    .code(problems[problem.code].status)
    .headers(problemHeaders(problem))
    .type(problemType)
    .send(JSON.stringify(problemDocument(problem, reply.request.id)));
}
