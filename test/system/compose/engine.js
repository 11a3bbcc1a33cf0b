// A Docker engine and whichever Compose is beside it, as a proof uses them.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What `docker` prints; rejects with what it says went wrong. */
export const docker = async (args, { environment = {}, withinMs = 120_000, input } = {}) => {
  const running = run('docker', args, {
    cwd: root,
    env: { ...process.env, ...environment },
    timeout: withinMs,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (input !== undefined) running.child.stdin.end(input);
  const { stdout } = await running;
  return stdout;
};

export const inspect = async (kind, names) =>
  names.length === 0 ? [] : JSON.parse(await docker([kind, 'inspect', ...names]));

const works = (command, args) =>
  run(command, args).then(
    () => true,
    () => false,
  );

/** How Compose is called here, or the one line that says what to install. */
export const findCompose = async () => {
  if (!(await works('docker', ['version', '--format', '{{.Server.Version}}'])))
    return {
      missing: 'no Docker engine answers: install Docker Engine with its Compose plugin, or let DOCKER_HOST name one',
    };
  if (await works('docker', ['compose', 'version'])) return { command: ['docker', 'compose'] };
  if (await works('docker-compose', ['version'])) return { command: ['docker-compose'] };
  return { missing: 'Docker is here, Compose is not: install the package docker-compose-plugin or docker-compose' };
};

/** Runs Compose with what it says going to `onLine`; resolves with its exit code and everything that it said. */
export const composeWith = (command, environment) => {
  const [program, ...first] = command;
  return async (args, { quiet = true, detached = false } = {}) => {
    const child = spawn(program, [...first, ...args], {
      cwd: root,
      env: { ...process.env, ...environment },
      // What is detached ends its work when we are gone, and would trip over a pipe that nobody reads.
      stdio: detached ? 'ignore' : ['ignore', 'pipe', 'pipe'],
      detached,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr].filter(Boolean)) stream.on('data', (data) => (said += data));
    const [code] = await once(child, 'close');
    if (code !== 0 && !quiet) throw new Error(`compose ${args.join(' ')} ended with ${code}:\n${said.slice(-3_000)}`);
    return { code, said };
  };
};

/**
 * The images that the compose file names, each as it is here: as it is named, or pulled, or else another tag of the same name that an
 * engine without a way to a registry has. Gives the variables that name what is used.
 */
export const findImages = async (file) => {
  const named = [...readFileSync(`${root}${file}`, 'utf8').matchAll(/\$\{([A-Z]+_IMAGE):-([^}]+)\}/g)];
  const environment = {};
  const notes = [];
  for (const [, variable, image] of named) {
    const wanted = process.env[variable] ?? image;
    const isHere = async () => works('docker', ['image', 'inspect', wanted]);
    if (variable === 'PARLEY_IMAGE' || (await isHere())) continue;
    if (await works('docker', ['pull', '--quiet', wanted])) continue;
    const [repository] = wanted.split(':');
    const others = await docker(['images', '--format', '{{.Repository}}:{{.Tag}}', repository]);
    const [other] = others.split('\n').filter((line) => line !== '' && !line.endsWith(':<none>'));
    if (!other) throw new Error(`${wanted} is not here and cannot be pulled`);
    environment[variable] = other;
    notes.push(`${wanted} cannot be pulled; ${other} stands in for it`);
  }
  return { environment, notes };
};
