import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { imageNames } from '../../images/programs.ts';

export const composeFile = new URL('../../docker-compose.localstack.yml', import.meta.url);

const service = z.looseObject({
  image: z.string().optional(),
  build: z.object({ context: z.string(), target: z.enum(imageNames) }).optional(),
  command: z.array(z.string()).optional(),
  depends_on: z
    .record(
      z.string(),
      z.object({ condition: z.enum(['service_healthy', 'service_completed_successfully', 'service_started']) }),
    )
    .default({}),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  healthcheck: z.looseObject({ disable: z.boolean().default(false) }).optional(),
  read_only: z.boolean().default(false),
  init: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  stop_grace_period: z.string().optional(),
});

export type ComposeService = z.infer<typeof service>;

/** The services of the compose file by name, with the shell's variables in place of `${NAME:-default}`. */
export function readCompose(shell: Readonly<Record<string, string>> = {}): Record<string, ComposeService> {
  const text = readFileSync(composeFile, 'utf8').replaceAll(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name: string, otherwise: string) => JSON.stringify(shell[name] ?? otherwise),
  );
  return z.object({ services: z.record(z.string(), service) }).parse(parse(text, { merge: true })).services;
}
