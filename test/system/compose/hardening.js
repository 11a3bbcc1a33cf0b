// What must hold for every container of the stack, and for what is secret.
import { docker, inspect } from './engine.js';

const jobs = ['secrets', 'sample-data', 'auth-migrate', 'topics-migrate', 'chat-migrate', 'signaling-migrate'];
const serviceOf = ({ Config }) => Config.Labels['com.docker.compose.service'];

/** What contradicts that a container has no more rights than it needs. */
export const looseEnds = (container) => {
  const { Config, HostConfig, NetworkSettings } = container;
  const service = serviceOf(container);
  const [user] = Config.User.split(':');
  const published = Object.values(NetworkSettings.Ports ?? {})
    .flat()
    .filter(Boolean);
  const rules = [
    ['runs as root', !['', '0', 'root'].includes(user)],
    ['may write to its own file system', HostConfig.ReadonlyRootfs],
    ['keeps capabilities', HostConfig.CapDrop?.includes('ALL') && !HostConfig.CapAdd?.length],
    ['may gain privileges', HostConfig.SecurityOpt?.some((each) => /^no-new-privileges(:true)?$/.test(each))],
    ['has no init', HostConfig.Init === true],
    ['may use all memory', HostConfig.Memory > 0 && HostConfig.PidsLimit > 0],
    ['does not come back when it ends', jobs.includes(service) || HostConfig.RestartPolicy.Name === 'unless-stopped'],
    [
      'is published',
      service === 'proxy' ? published.every(({ HostIp }) => HostIp === '127.0.0.1') : published.length === 0,
    ],
  ];
  return rules.filter(([, holds]) => !holds).map(([what]) => `${service} ${what}`);
};

/** The users as whom processes of these containers run, as the machine sees them. */
export const usersOf = async (ids) => {
  const users = [];
  for (const id of ids) users.push(...(await docker(['top', id, '-eo', 'uid,pid,args'])).trim().split('\n').slice(1));
  return users.map((line) => line.trim().split(/\s+/)[0]);
};

/** Every place where a secret could show, by name. */
export const placesOf = async ({ ids, images, compose, environment }) => {
  const lists = [];
  for (const id of ids) lists.push(await docker(['top', id, '-eo', 'pid,args']));
  const history = [];
  for (const image of images) history.push(await docker(['history', '--no-trunc', image]));
  const { said: config } = await compose(['config']);
  const { said: logs } = await compose(['logs', '--no-color']);
  return {
    'the settings of a container': JSON.stringify(await inspect('container', ids)),
    'an image': JSON.stringify(await inspect('image', images)) + history.join('\n'),
    'the compose file': config,
    'a log': logs,
    'a list of processes': lists.join('\n'),
    'the environment of this proof': JSON.stringify(environment),
  };
};

/** Files of an image that hold one of these values, or that look as if they came from whoever built it. */
export const strangeFiles = async (image, values) => {
  const script =
    'cat >/tmp/values; grep -rlF -f /tmp/values /app /etc /home /opt /root /run /srv /usr/local/etc /var/lib/parley 2>/dev/null; ' +
    'find /app /home /root /srv -xdev \\( -name ".env*" -o -name .npmrc -o -name "*.pem" -o -name .git -o -name "*.ts" \\) -not -path "*/node_modules/*"; true';
  const args = ['run', '--rm', '--interactive', '--network=none', '--user=0', '--tmpfs=/tmp', '--entrypoint=sh', image];
  const said = await docker([...args, '-c', script], { input: `${values.join('\n')}\n` });
  return said.split('\n').filter(Boolean);
};
