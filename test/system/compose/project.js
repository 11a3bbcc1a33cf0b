// The compose file's stack under a project of its own, on a free port: brought up, counted, restarted, and taken down with all it kept.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { stackServices } from '@parley/testing';
import { freePort } from '../proof/ports.js';
import { composeWith, docker, findCompose, findImages, inspect } from './engine.js';

const version = 'prove';
const healthyWithinMs = 120_000;

/** Whether something comes to hold within its time. */
export const until = async (holds, withinMs) => {
  for (const end = performance.now() + withinMs; !(await holds()); await sleep(500))
    if (performance.now() > end) return false;
  return true;
};

/** Nothing is started yet; `settings` are variables that the compose file hands on. Without Docker it says what to install, and ends. */
export const openProject = async (settings = {}) => {
  const found = await findCompose();
  if (found.missing) {
    console.error(`  ${found.missing}`);
    process.exit(1);
  }
  const project = `parley-prove-${process.pid}`;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { environment: imagesHere, notes } = await findImages('docker-compose.yml');
  const environment = {
    ...imagesHere,
    COMPOSE_PROJECT_NAME: project,
    PARLEY_VERSION: version,
    PARLEY_REVISION: randomUUID(),
    HOST: '127.0.0.1',
    PORT: String(port),
    ...settings,
  };
  const compose = composeWith(found.command, environment);
  const ofProject = ['--filter', `label=com.docker.compose.project=${project}`];

  const containers = async (service) => {
    const ofService = service ? ['--filter', `label=com.docker.compose.service=${service}`] : [];
    const ids = await docker(['ps', '--all', '--quiet', ...ofProject, ...ofService]);
    return ids.split('\n').filter(Boolean);
  };
  const running = async (service) =>
    (await inspect('container', await containers(service))).filter(({ State }) => State.Running);
  const isHealthy = async (id) => (await inspect('container', [id]))[0]?.State.Health?.Status === 'healthy';
  const isSick = ({ State }) => State.Health && State.Health.Status !== 'healthy';

  return {
    project,
    url,
    environment,
    version,
    images: stackServices.map((service) => `parley/${service}:${version}`),
    compose,
    containers,
    running,
    isHealthy,

    introduce: (more) => {
      console.log(`  ${found.command.join(' ')}, project ${project}, ${url}, ${more}`);
      for (const note of notes) console.log(`  ${note}`);
    },

    build: async () => {
      for (const service of stackServices) await compose(['build', service], { quiet: false });
    },

    /** So many of each service that is named, and one of every other. */
    up: (scale) => {
      const scales = Object.entries(scale).flatMap(([service, count]) => ['--scale', `${service}=${count}`]);
      return compose(['up', '--detach', '--no-build', ...scales], { quiet: false });
    },

    // Compose waits for those that others depend on, not for the last.
    allHealthy: () =>
      until(async () => !(await inspect('container', await containers())).some(isSick), healthyWithinMs),

    /** What a container is called without the project's name. */
    nameOf: ({ Name }) => Name.split(/[_-](?=[a-z]+[_-]\d+$)/).at(-1),

    /** One container as something that is killed, or told to stop, and started again; `stop` gives the code with which it ended. */
    replica: ({ Id, Config }) => ({
      service: Config.Labels['com.docker.compose.service'],
      kill: () => docker(['kill', Id]),
      stop: async (withinMs = 10_000) => {
        await docker(['stop', `--time=${Math.ceil(withinMs / 1000)}`, Id]);
        return (await inspect('container', [Id]))[0].State.ExitCode;
      },
      start: async () => {
        await docker(['start', Id]);
        if (!(await until(() => isHealthy(Id), healthyWithinMs))) throw new Error(`${Id} does not become healthy`);
      },
    }),

    /** Takes everything away; whether nothing is left. */
    down: async () => {
      await compose(['down', '--volumes', '--remove-orphans', '--timeout', '5'], { detached: true });
      const kinds = [
        ['ps', '--all'],
        ['volume', 'ls'],
        ['network', 'ls'],
      ];
      const left = await Promise.all(kinds.map((kind) => docker([...kind, '--quiet', ...ofProject])));
      return left.join('') === '';
    },
  };
};
