import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { instantsUpTo, simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { freePort } from '@waybill/local/free-port.ts';
import { provisionOrCompare } from '@waybill/provisioner/provision.ts';
import { tables } from '@waybill/shared/resources.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { usePlace } from '../engines/place-under-test.ts';
import { type BuiltImages, buildImages } from '../images/built-images.ts';
import { drained, verdictOf } from '../images/deployment.ts';
import { ImageProcess } from '../images/image-process.ts';
import { type ComposeService, readCompose } from './compose.ts';

let built: BuiltImages;
const place = usePlace();
beforeAll(() => {
  built = buildImages();
});
afterAll(() => built?.remove());

/** Elements of the feed: fewer than in compose's own, which is for people. */
const events = 1_500;
const feedEndUtc = '2026-11-29T08:00:00Z';
const instantOf = instantsUpTo(Date.parse(feedEndUtc), events);
const feedOf = (seed: number) => new HeldFeed(simulateFeed({ seed, activeParcels: events / 10, instantOf }), events);

/** The seed of a feed without late events: what must be stored is then known without asking the API. */
function punctualSeed(): number {
  for (let seed = 1; ; seed++) if ([...feedOf(seed).elements()].every(({ late }) => late === undefined)) return seed;
}

test('the services that compose starts, in their order, drain the feed', async () => {
  const seed = punctualSeed();
  const prefix = `compose-${process.pid}-${Date.now().toString(36)}-`;
  const composed = new Composed(prefix);
  onTestFinished(() => composed.kill());
  await composed.up({ FEED_EVENTS: String(events), FEED_SEED: String(seed), FEED_END_UTC: feedEndUtc });

  const { resources, results } = await provisionOrCompare({ ...place().clients, prefix });
  expect(results.map(({ isCreated, drift }) => ({ isCreated, drift }))).toEqual(
    // Two queues with their dead-letter queues, and every table.
    Array(4 + Object.keys(tables).length).fill({ isCreated: false, drift: [] }),
  );
  const feed = feedOf(seed);
  await drained(place(), resources, composed.running('poller'), () => feed.lastEventId());
  const elements = [...feed.elements()].map(({ element }) => element);
  const verdict = await verdictOf(place(), resources, { elements });
  expect(verdict).toMatchObject({ isGood: true, differences: [], withoutDeadLetter: [] });
  expect(verdict.parcels).toBeGreaterThan(100);

  // As `docker compose down` does, which waits for stop_grace_period.
  const clean = { code: 0, signal: null };
  expect(await composed.down()).toEqual({
    'scan-api': clean,
    poller: clean,
    processor: clean,
    api: clean,
    receiver: clean,
    notifier: clean,
  });
});

/** The compose file's services as plain processes. Every host name is 127.0.0.1, and LocalStack is the engine of the test. */
class Composed {
  readonly #prefix: string;
  readonly #started = new Map<string, { readonly process: ImageProcess; readonly port: number }>();
  readonly #done: string[] = [];

  /** @param prefix of all queue and table names, because other tests may use the engine */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Starts each service when the services that it waits for are ready. Resolves when all that keep running are healthy. */
  async up(shell: Readonly<Record<string, string>>): Promise<void> {
    const services = readCompose(shell);
    // Compose starts no service that has a profile.
    const isStarted = ({ build, profiles }: ComposeService) => build !== undefined && profiles.length === 0;
    const waiting = new Map(Object.entries(services).filter(([, service]) => isStarted(service)));
    while (waiting.size > 0) {
      const next = [...waiting].find(([, { depends_on }]) =>
        Object.keys(depends_on).every((name) => !waiting.has(name)),
      );
      if (!next) throw new Error(`${[...waiting.keys()]} wait for each other`);
      const [name, service] = next;
      for (const [other, { condition }] of Object.entries(service.depends_on)) await this.#until(other, condition);
      await this.#start(name, service);
      waiting.delete(name);
    }
    for (const name of this.#started.keys()) {
      const isAsked = services[name]?.healthcheck?.disable !== true;
      if (isAsked && !this.#done.includes(name)) await this.#until(name, 'service_healthy');
    }
  }

  running(name: string): ImageProcess {
    const service = this.#started.get(name);
    if (!service) throw new Error(`${name} was not started`);
    return service.process;
  }

  async down() {
    const running = [...this.#started].filter(([name]) => !this.#done.includes(name));
    const endings = running.map(async ([name, service]) => [name, await service.process.stop()] as const);
    return Object.fromEntries(await Promise.all(endings));
  }

  kill(): void {
    for (const service of this.#started.values()) service.process.kill();
  }

  async #start(name: string, { build, command, environment }: ComposeService): Promise<void> {
    if (!build) throw new Error(`${name} is not built here`);
    const port = await freePort();
    // A stop waits for the long poll in flight, which is 20 s otherwise.
    const env: Record<string, string> = { HTTP_PORT: String(port), API_PORT: '0', RECEIVE_WAIT_SECONDS: '1' };
    for (const [variable, value] of Object.entries(environment)) Object.assign(env, this.#here(variable, value));
    const words = command && [...command, ...(name === 'provisioner' ? ['--prefix', this.#prefix] : [])];
    this.#started.set(name, { port, process: new ImageProcess(built.images[build.target], env, words) });
  }

  async #until(name: string, condition: ComposeService['depends_on'][string]['condition']): Promise<void> {
    // The engine runs already.
    if (name === 'localstack' || condition === 'service_started') return;
    const service = this.running(name);
    if (condition === 'service_healthy') {
      await expect.poll(() => service.checkHealth(), { timeout: 30_000, interval: 200 }).toBe(0);
    } else if (!this.#done.includes(name)) {
      expect(await service.ended, service.output).toEqual({ code: 0, signal: null });
      this.#done.push(name);
    }
  }

  /** A variable of compose as it is here: with the process instead of the container, and names with the prefix. */
  #here(variable: string, value: string): Record<string, string> {
    const { AWS_ENDPOINT_URL_SQS = '', AWS_ENDPOINT_URL_DYNAMODB = '' } = place().env;
    if (variable === 'AWS_ENDPOINT_URL') return { AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_DYNAMODB };
    if (variable.endsWith('_TABLE')) return { [variable]: `${this.#prefix}${value}` };
    if (variable === 'WEBHOOK_ALLOWED_CIDRS') return { [variable]: '127.0.0.0/8' };
    if (!URL.canParse(value)) return { [variable]: value };
    const url = new URL(value);
    const { hostname } = url;
    url.host = hostname === 'localstack' ? new URL(AWS_ENDPOINT_URL_SQS).host : `127.0.0.1:${this.#portOf(hostname)}`;
    url.pathname = url.pathname.replace(/\/(waybill-[\w-]+)$/, `/${this.#prefix}$1`);
    return { [variable]: url.href };
  }

  #portOf(name: string): number {
    const service = this.#started.get(name);
    if (!service) throw new Error(`a service names ${name} but does not wait for it`);
    return service.port;
  }
}
