// Three NATS servers that form one cluster, with the users of a real installation.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { natsPasswordsFile, natsUsersFile } from '@parley/bus';
import { type BusUserName, busUserNames } from '@parley/contracts';
import { freePort, type RunningServer, runServer, serverBinaries } from '@parley/testing';

export interface NatsCluster {
  readonly servers: readonly RunningServer[];
  /** A NATS_URL with all servers. */
  urlOf(user: BusUserName): string;
}

interface Member {
  readonly name: string;
  readonly port: number;
  readonly clusterPort: number;
}

/** Accepts a connection and speaks NATS. */
const answers = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(2_000, () => socket.destroy(new Error('silent')));
    socket.once('error', reject);
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
  });

const configOf = ({ name, clusterPort }: Member, members: readonly Member[], users: string): string => `${users}
server_name: ${name}
cluster {
  name: parley
  listen: "127.0.0.1:${clusterPort}"
  routes: [${members.map((each) => `"nats://127.0.0.1:${each.clusterPort}"`).join(', ')}]
}
`;

export const startNatsCluster = async (): Promise<NatsCluster> => {
  const { nats: binary } = await serverBinaries();
  const passwords = Object.fromEntries(busUserNames.map((user) => [user, randomBytes(16).toString('hex')]));
  const members: Member[] = [];
  for (const name of ['a', 'b', 'c'])
    members.push({ name: `nats-${name}`, port: await freePort(), clusterPort: await freePort() });
  const users = `${natsPasswordsFile(passwords)}${natsUsersFile()}`;
  const servers = await Promise.all(
    members.map((member) =>
      runServer({
        name: member.name,
        binary,
        port: member.port,
        stopSignal: 'SIGTERM',
        url: (port) => `nats://127.0.0.1:${port}`,
        prepare: (folder) =>
          Promise.resolve(writeFileSync(join(folder, 'nats.conf'), configOf(member, members, users), { mode: 0o600 })),
        arguments: (folder, port) => ['-c', join(folder, 'nats.conf'), '-a', '127.0.0.1', '-p', String(port)],
        probe: answers,
      }),
    ),
  );
  return {
    servers,
    urlOf: (user) => members.map(({ port }) => `nats://${user}:${passwords[user]}@127.0.0.1:${port}`).join(','),
  };
};
