import type { FastifyReply } from 'fastify';
import { type Problem, type ProblemCode, problems } from '../../problems/problem.ts';
import { problemHeaders } from '../../problems/problem-document.ts';
import type { Screen } from './document.ts';
import { type Show, showProblemWith } from './show.ts';

/** The screen of one kind of problem, where more can be said than the problem does. */
export type Explanation = { readonly code: ProblemCode; readonly screen: (problem: Problem) => Screen };

/** Shows problems of these kinds by screens of their own, for the config of a route. */
export function explaining(
  show: Show,
  ...explanations: readonly Explanation[]
): (reply: FastifyReply, problem: Problem) => FastifyReply {
  const showOther = showProblemWith(show);
  return (reply, problem) => {
    const found = explanations.find(({ code }) => code === problem.code);
    if (!found) return showOther(reply, problem);
    return show(reply.code(problems[problem.code].status).headers(problemHeaders(problem)), found.screen(problem));
  };
}
