import { type MappingProblem, readStageMapping, type StageMapping } from '../domain/stage.ts';
import { stages } from '../domain/stage-names.ts';
import { quoted, redacted, structured, type VariableSchema } from './env.ts';

const allowed = 'a JSON object with keys "TYPE" or "TYPE/STATUSCODE" and stages as values';

/** `STAGES`, for every process that shows where a parcel stands. */
export const stagesVariable: VariableSchema<StageMapping> = structured<StageMapping>(
  {
    allowed: `${allowed} (\`docs/stages.md\`)`,
    default: new Map(),
    shownDefault: '`{}`',
    meaning: 'what the latest scan of a parcel that is not delivered says of where it stands',
  },
  (text) => {
    const result = readStageMapping(text);
    return 'value' in result ? result : { problems: result.problems.map((problem) => told(problem, text)) };
  },
);

const mappable = stages.filter((stage) => stage !== 'delivered').join(', ');

function told(problem: MappingProblem, text: string): string {
  switch (problem.kind) {
    case 'not an object':
      return `expected ${allowed}, got ${redacted(text)}`;
    case 'no type':
      return `expected a key "TYPE" or "TYPE/STATUSCODE" with a type that is not empty, got ${quoted(problem.key)}`;
    case 'twice':
      return `has the key ${quoted(problem.key)} more than once`;
    case 'not a stage':
      return problem.value === 'delivered'
        ? `has "delivered" for ${quoted(problem.key)}, which only a delivery can say: remove it`
        : `expected one of ${mappable} for ${quoted(problem.key)}, got ${shown(problem.value)}`;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return redacted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}
