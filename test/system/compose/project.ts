// The compose file's stack under a project of its own, on a free port: brought up, counted, restarted, and removed with all its data.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, stackServices } from '@parley/testing';
import {
  type Compose,
  composeWith,
  type Container,
  docker,
  type Environment,
  findCompose,
  findImages,
  inspectContainers,
} from './engine.js';
import { serviceOf } from './hardening.js';

const version = 'prove';
const healthyWithinMs = 120_000;

/** Whether something holds within its time. */
export const until = async (holds: () => Promise<boolean>, withinMs: number): Promise<boolean> => {
  for (const end = performance.now() + withinMs; !(await holds()); await sleep(500))
    if (performance.now() > end) return false;
  return true;
};

/** One container as something that is killed or stopped, and started again. */
export interface Replica {
  readonly service: string;
  kill(): Promise<unknown>;
  /** Resolves with the exit code. */
  stop(withinMs?: number): Promise<number>;
  start(): Promise<void>;
}

export interface Project {
  readonly name: string;
  readonly url: string;
  readonly environment: Environment;
  readonly version: string;
  readonly images: readonly string[];
  readonly compose: Compose;
  /** The words with which Compose is called. */
  readonly command: readonly string[];
  /** Services of the profiles that are wanted, and whose images are here. */
  readonly additions: readonly string[];
  /** Ids, of a service or of all. */
  containers(service?: string): Promise<string[]>;
  running(service?: string): Promise<readonly Container[]>;
  isHealthy(id: string): Promise<boolean>;
  introduce(more: string): void;
  build(): Promise<void>;
  /** So many of each service that is named, and one of every other. */
  up(scale: Readonly<Record<string, number>>): Promise<void>;
  allHealthy(): Promise<boolean>;
  /** The name of a container without the project's. */
  nameOf(container: Container): string;
  replica(container: Container): Replica;
  /** Removes everything; whether nothing is left. */
  down(): Promise<boolean>;
}

const isHealthy = async (id: string): Promise<boolean> =>
  (await inspectContainers([id]))[0]?.State.Health?.Status === 'healthy';

const replicaOf = (container: Container): Replica => {
  const { Id } = container;
  return {
    service: serviceOf(container),
    kill: () => docker(['kill', Id]),
    stop: async (withinMs = 10_000) => {
      await docker(['stop', `--time=${Math.ceil(withinMs / 1000)}`, Id]);
      return (await inspectContainers([Id]))[0]?.State.ExitCode ?? NaN;
    },
    start: async () => {
      await docker(['start', Id]);
      if (!(await until(() => isHealthy(Id), healthyWithinMs))) throw new Error(`${Id} does not become healthy`);
    },
  };
};

/** Whether neither container nor volume nor network has these labels. */
const nothingLeft = async (filter: readonly string[]): Promise<boolean> => {
  const kinds = [
    ['ps', '--all'],
    ['volume', 'ls'],
    ['network', 'ls'],
  ];
  const left = await Promise.all(kinds.map((kind) => docker([...kind, '--quiet', ...filter])));
  return left.join('') === '';
};

/** They depend on all others. */
const lastServices = ['proxy', 'sample-data'];

/** The services of each profile of docker-compose.yml, by the variable of their image. */
const servicesOf = {
  tls: { CADDY_IMAGE: 'caddy' },
  observability: { PROMETHEUS_IMAGE: 'prometheus', JAEGER_IMAGE: 'jaeger', GRAFANA_IMAGE: 'grafana' },
  backup: { POSTGRES_IMAGE: 'backup' },
} as const;
type Profile = keyof typeof servicesOf;
const optionalImages = ['CADDY_IMAGE', 'PROMETHEUS_IMAGE', 'JAEGER_IMAGE', 'GRAFANA_IMAGE'];

/**
 * Nothing is started yet; `settings` are variables that the compose file hands on. Without Docker it says what to install, and ends. Of
 * the profiles what has an image is started.
 */
export const openProject = async (settings: Environment = {}, profiles: readonly Profile[] = []): Promise<Project> => {
  const found = await findCompose();
  if ('missing' in found) {
    console.error(`  ${found.missing}`);
    process.exit(1);
  }
  const name = `parley-prove-${process.pid}`;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { environment: images, notes, missing } = await findImages('docker-compose.yml', optionalImages);
  const additions = profiles.flatMap((profile) =>
    Object.entries(servicesOf[profile]).flatMap(([variable, service]) => (missing.includes(variable) ? [] : [service])),
  );
  const environment = {
    ...images,
    COMPOSE_PROJECT_NAME: name,
    PARLEY_VERSION: version,
    PARLEY_REVISION: randomUUID(),
    HOST: '127.0.0.1',
    PORT: String(port),
    COMPOSE_PROFILES: profiles.join(),
    ...settings,
  };
  const compose = composeWith(found.command, environment);
  const ofProject = ['--filter', `label=com.docker.compose.project=${name}`];

  const containers = async (service?: string): Promise<string[]> => {
    const ofService = service === undefined ? [] : ['--filter', `label=com.docker.compose.service=${service}`];
    const ids = await docker(['ps', '--all', '--quiet', ...ofProject, ...ofService]);
    return ids.split('\n').filter(Boolean);
  };
  const isUnhealthy = ({ State }: Container): boolean =>
    State.Health !== undefined && State.Health.Status !== 'healthy';

  return {
    ...{ name, url, environment, version, compose, containers, isHealthy, additions, command: found.command },
    images: stackServices.map((service) => `parley/${service}:${version}`),
    running: async (service) =>
      (await inspectContainers(await containers(service))).filter(({ State }) => State.Running),
    introduce: (more) => {
      console.log(`  ${found.command.join(' ')}, project ${name}, ${url}, ${more}`);
      for (const note of notes) console.log(`  ${note}`);
    },
    build: async () => {
      for (const service of stackServices) await compose(['build', service], { quiet: false });
    },
    up: async (scale) => {
      const scales = Object.entries(scale).flatMap(([service, count]) => ['--scale', `${service}=${count}`]);
      // Compose would also want the images that are left out.
      const named = missing.length > 0 && additions.length > 0 ? [...lastServices, ...additions] : [];
      await compose(['up', '--detach', '--no-build', ...scales, ...named], { quiet: false });
    },
    // Compose waits for those that others depend on, not for the last.
    allHealthy: () =>
      until(async () => !(await inspectContainers(await containers())).some(isUnhealthy), healthyWithinMs),
    nameOf: ({ Name }) => Name.split(/[_-](?=[a-z]+[_-]\d+$)/).at(-1) ?? Name,
    replica: replicaOf,
    down: async () => {
      // Compose 2 leaves the networks of a profile that is not named, whose command was run.
      const named = [...Object.keys(servicesOf), 'import'].flatMap((profile) => ['--profile', profile]);
      await compose([...named, 'down', '--volumes', '--remove-orphans', '--timeout', '5'], { detached: true });
      return nothingLeft(ofProject);
    },
  };
};
