import { type OpenOptions, openSocket, type TestSocket } from '@parley/testing';
import { ask, unique } from './http.js';

export interface MeshUser {
  readonly id: number;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

export const meshUser = async (url: string): Promise<MeshUser> => {
  const credentials = { email: `${unique('user')}@example.com`, password: 'password123' };
  const { body: made } = await ask('POST', `${url}/register`, { body: credentials });
  const { body: grant } = await ask('POST', `${url}/login`, { body: credentials });
  const { access_token: token } = grant as { access_token: string };
  return { id: (made as { id: number }).id, ...credentials, token };
};

/** An organization of these users, each with an address unless `leased` is false; the first founds it. */
export const organizationOf = async (
  url: string,
  [founder, ...others]: readonly [MeshUser, ...MeshUser[]],
  { subnet = '10.0.0.0/24', leased = true } = {},
): Promise<number> => {
  const body = { name: unique('org'), subnet };
  const { id } = (await ask('POST', `${url}/organizations`, { token: founder.token, body })).body as { id: number };
  for (const { token } of others) await ask('POST', `${url}/organizations/${id}/join`, { token });
  if (leased) {
    for (const { token } of [founder, ...others]) {
      await ask('POST', `${url}/organizations/${id}/allocate_ip`, { token, body: {} });
    }
  }
  return id;
};

export const registerFrame = (agent_id?: string, more: object = {}) => ({
  type: 'register',
  ...(agent_id !== undefined && { agent_id }),
  public_ip: '203.0.113.1',
  public_port: 50_000,
  relay_ip: '203.0.113.10',
  relay_port: 50_001,
  ...more,
});

export const connect = (url: string, { token }: MeshUser, options?: OpenOptions): Promise<TestSocket> =>
  openSocket(`${url}/ws?token=${token}`, options);

/** A registered agent, and the answer that it got. It says so in `onopen`, as the README's client does. */
export const agent = async (url: string, user: MeshUser, agentId?: string) => {
  const socket = await connect(url, user, { first: [registerFrame(agentId)] });
  const answer = (await socket.waitFor('register_agent_response')) as {
    virtual_ip: string;
    connection_id: string;
    existing_peers: { peer_id: string }[];
  };
  return { socket, answer, [Symbol.dispose]: () => socket.socket.terminate() };
};
