// A Docker engine and its Compose, as a proof uses them.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../root.js';

const run = promisify(execFile);

export type Environment = Readonly<Record<string, string>>;

interface DockerOptions {
  readonly environment?: Environment;
  readonly withinMs?: number;
  readonly input?: string;
}

/** What `docker` prints; rejects with its standard error. */
export const docker = async (
  args: readonly string[],
  { environment = {}, withinMs = 120_000, input }: DockerOptions = {},
): Promise<string> => {
  const running = run('docker', args, {
    cwd: root,
    env: { ...process.env, ...environment },
    timeout: withinMs,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (input !== undefined) running.child.stdin?.end(input);
  const { stdout } = await running;
  return stdout;
};

/** What the proofs read of `docker container inspect`. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Running: boolean;
    readonly Status: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Init: boolean | null;
    readonly Memory: number;
    readonly PidsLimit: number | null;
    readonly RestartPolicy: { readonly Name: string };
  };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string }[] | null>> | null;
  };
}

/** What the proofs read of `docker image inspect`. */
export interface Image {
  readonly Size: number;
  readonly Config: {
    readonly User: string;
    readonly Healthcheck?: { readonly Test?: readonly string[] };
    readonly Labels: Readonly<Record<string, string>>;
    readonly Env: readonly string[];
  };
}

const inspect = async <T>(kind: 'container' | 'image', names: readonly string[]): Promise<readonly T[]> =>
  names.length === 0 ? [] : (JSON.parse(await docker([kind, 'inspect', ...names])) as T[]);
export const inspectContainers = (ids: readonly string[]): Promise<readonly Container[]> => inspect('container', ids);
export const inspectImages = (names: readonly string[]): Promise<readonly Image[]> => inspect('image', names);

const works = (command: string, args: readonly string[]): Promise<boolean> =>
  run(command, args).then(
    () => true,
    () => false,
  );

type FoundCompose = { readonly command: readonly [string, ...string[]] } | { readonly missing: string };

/** How Compose is called here, or the one line that says what to install. */
export const findCompose = async (): Promise<FoundCompose> => {
  if (!(await works('docker', ['version', '--format', '{{.Server.Version}}'])))
    return {
      missing: 'no Docker engine answers: install Docker Engine with its Compose plugin, or let DOCKER_HOST name one',
    };
  if (await works('docker', ['compose', 'version'])) return { command: ['docker', 'compose'] };
  if (await works('docker-compose', ['version'])) return { command: ['docker-compose'] };
  return { missing: 'Docker is here, Compose is not: install the package docker-compose-plugin or docker-compose' };
};

interface ComposeOptions {
  /** Otherwise a failure rejects. */
  readonly quiet?: boolean;
  readonly detached?: boolean;
}

/** Runs Compose; resolves with its exit code and everything that it printed. */
export type Compose = (
  args: readonly string[],
  options?: ComposeOptions,
) => Promise<{ readonly code: number; readonly output: string }>;

export const composeWith =
  ([program, ...first]: readonly [string, ...string[]], environment: Environment): Compose =>
  async (args, { quiet = true, detached = false } = {}) => {
    const child = spawn(program, [...first, ...args], {
      cwd: root,
      env: { ...process.env, ...environment },
      // A detached process goes on when this one has ended, and would fail on a pipe that nobody reads.
      stdio: detached ? 'ignore' : ['ignore', 'pipe', 'pipe'],
      detached,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    if (code !== 0 && !quiet) throw new Error(`compose ${args.join(' ')} ended with ${code}:\n${output.slice(-3_000)}`);
    return { code, output };
  };

interface FoundImages {
  /** Variables that name what is used instead. */
  readonly environment: Environment;
  readonly notes: readonly string[];
  /** Variables of optional images that are not to be had. */
  readonly missing: readonly string[];
}

/**
 * The images that the compose file names, each as it is here: as it is named, or pulled, or else another tag of the same name that an
 * engine without a way to a registry has.
 */
export const findImages = async (file: string, optional: readonly string[]): Promise<FoundImages> => {
  const named = readFileSync(join(root, file), 'utf8').matchAll(/\$\{([A-Z]+_IMAGE):-([^}]+)\}/g);
  const environment: Record<string, string> = {};
  const notes: string[] = [];
  const missing: string[] = [];
  for (const [variable, image] of new Map([...named].map(([, name = '', value = '']) => [name, value]))) {
    const wanted = process.env[variable] ?? image;
    if (variable === 'PARLEY_IMAGE' || (await works('docker', ['image', 'inspect', wanted]))) continue;
    if (await works('docker', ['pull', '--quiet', wanted])) continue;
    const [repository = ''] = wanted.split(':');
    const others = await docker(['images', '--format', '{{.Repository}}:{{.Tag}}', repository]);
    const [other] = others.split('\n').filter((line) => line !== '' && !line.endsWith(':<none>'));
    if (other !== undefined) {
      environment[variable] = other;
      notes.push(`${wanted} cannot be pulled; ${other} replaces it`);
    } else if (optional.includes(variable)) {
      missing.push(variable);
      notes.push(`${wanted} cannot be pulled, and is left out`);
    } else throw new Error(`${wanted} is not here and cannot be pulled`);
  }
  return { environment, notes, missing };
};
