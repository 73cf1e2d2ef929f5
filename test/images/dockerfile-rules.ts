import { inheritance, readStages, type Stage, stepsOf, targets } from './dockerfile.ts';

/** Labels that every image has (OCI image annotations). */
const labels = ['title', 'description', 'licenses', 'version', 'revision'].map(
  (name) => `org.opencontainers.image.${name}`,
);

/** Returns what is wrong with a Dockerfile, by hadolint's rules (with their numbers) and by Waybill's own. */
export function findings(text: string): string[] {
  const stages = readStages(text);
  return [
    ...stages.flatMap((stage, index) => stageFindings(stage, stages.slice(0, index))),
    ...targets(stages).flatMap((target) => targetFindings(stages, target)),
  ];
}

function stageFindings(stage: Stage, earlier: readonly Stage[]): string[] {
  const { base, tag, digest, name, line, steps, copies } = stage;
  const found: string[] = [];
  const isStage = earlier.some((each) => each.name === base);
  if (!isStage && !tag) found.push(`${line}: DL3006 ${base} has no tag`);
  if (tag === 'latest') found.push(`${line}: DL3007 ${base} has the tag latest`);
  else if (!isStage && tag && !/^\d+\.\d+\.\d+-/.test(tag)) found.push(`${line}: ${base} is not one version`);
  if (!isStage && !/^sha256:[0-9a-f]{64}$/.test(digest ?? '')) found.push(`${line}: ${base} has no digest`);
  if (name === undefined) found.push(`${line}: the stage has no name`);
  if (earlier.some((each) => each.name === name)) found.push(`${line}: DL3024 ${name} is a stage already`);
  for (const copy of copies) {
    if (copy.from !== undefined && !earlier.some((each) => each.name === copy.from))
      found.push(`${copy.line}: DL3022 no earlier stage is named ${copy.from}`);
    if (copy.sources.length > 1 && !copy.target.endsWith('/'))
      found.push(`${copy.line}: DL3021 several sources, and ${copy.target} does not end in /`);
  }
  for (const step of steps) {
    const at = (what: string) => found.push(`${step.line}: ${what}`);
    if (step.keyword === 'ADD') at('DL3020 use COPY instead of ADD');
    if (step.keyword === 'MAINTAINER') at('DL4000 MAINTAINER is deprecated');
    if (step.keyword === 'WORKDIR' && !step.text.startsWith('/')) at('DL3000 WORKDIR is not absolute');
    if (['CMD', 'ENTRYPOINT'].includes(step.keyword) && !step.exec) at(`DL3025 ${step.keyword} is not in exec form`);
    if (step.keyword === 'HEALTHCHECK' && !step.exec && step.text !== 'NONE') at('HEALTHCHECK is not in exec form');
    if (['ENV', 'ARG'].includes(step.keyword) && /TOKEN|SECRET|PASSWORD|ACCESS_KEY/.test(step.text))
      at(`${step.keyword} keeps a secret in the image`);
    if (step.keyword === 'RUN' && /\bsudo\b/.test(step.text)) at('DL3004 sudo');
    if (step.keyword === 'RUN' && /\bnpm (i|install|add)\b/.test(step.text))
      at('DL3016 use npm ci, which installs the locked versions');
  }
  for (const keyword of ['CMD', 'ENTRYPOINT', 'HEALTHCHECK'])
    if (steps.filter((step) => step.keyword === keyword).length > 1) found.push(`${line}: DL4003 ${keyword} twice`);
  return found;
}

function targetFindings(stages: readonly Stage[], target: string): string[] {
  const last = (keyword: string) => stepsOf(stages, target, keyword).at(-1);
  const found: string[] = [];
  if (!/^[1-9]\d*:[1-9]\d*$/.test(last('USER')?.text ?? '')) found.push('DL3002 USER is not a number above 0');
  if (!last('CMD')) found.push('has no CMD');
  if (!last('HEALTHCHECK')) found.push('has no HEALTHCHECK');
  if (last('STOPSIGNAL')?.text !== 'SIGTERM') found.push('STOPSIGNAL is not SIGTERM');
  const labelled = stepsOf(stages, target, 'LABEL')
    .map(({ text }) => text)
    .join(' ');
  for (const label of labels) if (!labelled.includes(`${label}=`)) found.push(`DL3048 has no label ${label}`);
  // A command that runs on the platform of the image would need emulation on a build machine with another platform.
  for (const { steps, platform } of inheritance(stages, target))
    for (const step of steps) if (step.keyword === 'RUN' && !platform) found.push(`line ${step.line}: RUN`);
  return found.map((what) => `${target}: ${what}`);
}
