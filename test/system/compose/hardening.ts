// What must hold for every container of the stack, and for what is secret.
import { type Compose, type Container, docker, type Environment, inspectContainers, inspectImages } from './engine.js';

const jobs = ['secrets', 'sample-data', 'auth-migrate', 'topics-migrate', 'chat-migrate', 'signaling-migrate'];

/** Published, each on loopback. */
const published = ['proxy', 'caddy', 'prometheus', 'jaeger', 'grafana'];

export const serviceOf = ({ Config }: Container): string => Config.Labels['com.docker.compose.service'] ?? '';

/** What contradicts that a container has no more rights than it needs. */
export const excessRights = (container: Container): string[] => {
  const { Config, HostConfig, NetworkSettings } = container;
  const service = serviceOf(container);
  const [user = ''] = Config.User.split(':');
  const ports = Object.values(NetworkSettings.Ports ?? {}).flatMap((all) => all ?? []);
  const rules: readonly (readonly [string, boolean | undefined])[] = [
    ['runs as root', !['', '0', 'root'].includes(user)],
    ['may write to its own file system', HostConfig.ReadonlyRootfs],
    ['keeps capabilities', HostConfig.CapDrop?.includes('ALL') && !HostConfig.CapAdd?.length],
    ['may gain privileges', HostConfig.SecurityOpt?.some((each) => /^no-new-privileges(:true)?$/.test(each))],
    ['has no init', HostConfig.Init === true],
    ['may use all memory', HostConfig.Memory > 0 && (HostConfig.PidsLimit ?? 0) > 0],
    ['does not come back when it ends', jobs.includes(service) || HostConfig.RestartPolicy.Name === 'unless-stopped'],
    [
      'is published',
      published.includes(service) ? ports.every(({ HostIp }) => HostIp === '127.0.0.1') : ports.length === 0,
    ],
  ];
  return rules.filter(([, holds]) => holds !== true).map(([what]) => `${service} ${what}`);
};

/** The users as whom processes of these containers run, as the machine sees them. */
export const usersOf = async (ids: readonly string[]): Promise<string[]> => {
  const lines: string[] = [];
  for (const id of ids) lines.push(...(await docker(['top', id, '-eo', 'uid,pid,args'])).trim().split('\n').slice(1));
  return lines.map((line) => line.trim().split(/\s+/)[0] ?? '');
};

interface Searched {
  readonly ids: readonly string[];
  readonly images: readonly string[];
  readonly compose: Compose;
  readonly environment: Environment;
}

/** Every place where a secret could show, by name. */
export const placesOf = async ({ ids, images, compose, environment }: Searched): Promise<Record<string, string>> => {
  const lists: string[] = [];
  for (const id of ids) lists.push(await docker(['top', id, '-eo', 'pid,args']));
  const history: string[] = [];
  for (const image of images) history.push(await docker(['history', '--no-trunc', image]));
  return {
    'the settings of a container': JSON.stringify(await inspectContainers(ids)),
    'an image': JSON.stringify(await inspectImages(images)) + history.join('\n'),
    'the compose file': (await compose(['config'])).output,
    'a log': (await compose(['logs', '--no-color'])).output,
    'a list of processes': lists.join('\n'),
    'the environment of this proof': JSON.stringify(environment),
  };
};

/** Files of an image that hold one of these values, or that look as if they came from whoever built it. */
export const unexpectedFiles = async (image: string, values: readonly string[]): Promise<string[]> => {
  const script =
    'cat >/tmp/values; grep -rlF -f /tmp/values /app /etc /home /opt /root /run /srv /usr/local/etc /var/lib/parley 2>/dev/null; ' +
    'find /app /home /root /srv -xdev \\( -name ".env*" -o -name .npmrc -o -name "*.pem" -o -name .git -o -name "*.ts" \\) -not -path "*/node_modules/*"; true';
  const args = ['run', '--rm', '--interactive', '--network=none', '--user=0', '--tmpfs=/tmp', '--entrypoint=sh', image];
  const output = await docker([...args, '-c', script], { input: `${values.join('\n')}\n` });
  return output.split('\n').filter(Boolean);
};
