import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Copy, DockerfileParser, From, Healthcheck, type Instruction, JSONInstruction } from 'dockerfile-ast';

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

export const dockerfileText = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');

/** One instruction, as far as the rules and the build without docker need it. */
export type Step = {
  readonly line: number;
  readonly keyword: string;
  readonly text: string;
  /** The elements of the exec form; undefined for the shell form and for other instructions. */
  readonly exec: readonly string[] | undefined;
};

export type CopyStep = Step & {
  /** The stage that it copies from; undefined: the build context. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
};

/** The instructions between one FROM and the next. */
export type Stage = {
  readonly name: string | undefined;
  /** An image, or an earlier stage. */
  readonly base: string;
  readonly tag: string | undefined;
  /** `sha256:…`, which decides what docker pulls; the tag is for readers and Renovate. */
  readonly digest: string | undefined;
  readonly platform: string | undefined;
  readonly line: number;
  readonly steps: readonly Step[];
  readonly copies: readonly CopyStep[];
};

export function readStages(text: string): Stage[] {
  const stages: (Stage & { readonly steps: Step[]; readonly copies: CopyStep[] })[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const step = stepOf(instruction);
    if (instruction instanceof From) {
      // The parser finds no tag where there is a digest, too.
      const [, base = '', tag, digest] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/.exec(instruction.getImage() ?? '') ?? [];
      stages.push({
        name: instruction.getBuildStage() ?? undefined,
        ...{ base, tag, digest },
        platform: instruction.getPlatformFlag()?.getValue() ?? undefined,
        line: step.line,
        steps: [],
        copies: [],
      });
      continue;
    }
    const copy = instruction instanceof Copy ? copyOf(instruction, step) : undefined;
    stages.at(-1)?.steps.push(copy ?? step);
    if (copy) stages.at(-1)?.copies.push(copy);
  }
  return stages;
}

/** The stages that a stage is built on, then the stage itself: the last setting of a kind counts. */
export function inheritance(stages: readonly Stage[], name: string): Stage[] {
  const stage = stages.find((each) => each.name === name);
  return stage ? [...inheritance(stages, stage.base), stage] : [];
}

/** The steps of one kind that apply to an image, those of its bases first. */
export function stepsOf(stages: readonly Stage[], name: string, keyword: string): Step[] {
  return inheritance(stages, name).flatMap(({ steps }) => steps.filter((step) => step.keyword === keyword));
}

/** What docker runs of an image without arguments: ENTRYPOINT, then CMD. */
export function commandOf(stages: readonly Stage[], name: string): readonly string[] {
  return ['ENTRYPOINT', 'CMD'].flatMap((keyword) => stepsOf(stages, name, keyword).at(-1)?.exec ?? []);
}

/** The stages that are built to be run: no other stage is built on them or copies from them. */
export function targets(stages: readonly Stage[]): string[] {
  const used = new Set(stages.flatMap(({ base, copies }) => [base, ...copies.map(({ from }) => from)]));
  return stages.flatMap(({ name }) => (name !== undefined && !used.has(name) ? [name] : []));
}

function stepOf(instruction: Instruction): Step {
  return {
    line: instruction.getRange().start.line + 1,
    keyword: instruction.getKeyword(),
    text: instruction.getArgumentsContent() ?? '',
    exec: execOf(instruction),
  };
}

function execOf(instruction: Instruction): string[] | undefined {
  const text =
    instruction instanceof Healthcheck
      ? /\bCMD\s+(.*)$/s.exec(instruction.getArgumentsContent() ?? '')?.[1]
      : instruction instanceof JSONInstruction
        ? instruction.getArgumentsContent()
        : undefined;
  if (!text?.trimStart().startsWith('[')) return undefined;
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.map(String) : undefined;
}

function copyOf(copy: Copy, step: Step): CopyStep {
  const paths = copy.getArguments().map((argument) => argument.getValue());
  return {
    ...step,
    from: copy.getFromFlag()?.getValue() ?? undefined,
    sources: paths.slice(0, -1),
    target: paths.at(-1) ?? '',
  };
}
