import type { FastifyReply } from 'fastify';
import { problems } from '../problems/problem.ts';
import { problemDocument, problemHeaders, problemType } from '../problems/problem-document.ts';
import { problemOf } from './problem-of.ts';

/** Answers with the problem that a thrown value makes. */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error);
  return reply
    .code(problems[problem.code].status)
    .headers(problemHeaders(problem))
    .type(problemType)
    .send(JSON.stringify(problemDocument(problem, reply.request.id)));
}
