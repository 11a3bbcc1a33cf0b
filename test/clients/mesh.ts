import { type OpenOptions, openSocket, type TestSocket } from '@parley/testing';
import { done, unique } from './http.js';

export interface MeshUser {
  readonly id: number;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

/** A new account of the mesh wire with this name, signed in. */
export const signUpMesh = async (url: string, name: string, password = 'password123'): Promise<MeshUser> => {
  const credentials = { email: `${name}@example.com`, password };
  const { id }: { id: number } = await done('POST', `${url}/register`, { body: credentials });
  const grant: { access_token: string } = await done('POST', `${url}/login`, { body: credentials });
  return { id, ...credentials, token: grant.access_token };
};

/** A new account of the mesh wire with a name of its own, signed in. */
export const meshUser = (url: string): Promise<MeshUser> => signUpMesh(url, unique('user'));

type Signed = Pick<MeshUser, 'token'>;

/** Joins an organization. */
export const joinOrganization = (url: string, { token }: Signed, id: number): Promise<unknown> =>
  done('POST', `${url}/organizations/${id}/join`, { token, body: {} });

/** Takes an address in an organization. */
export const allocateAddress = (url: string, { token }: Signed, id: number): Promise<unknown> =>
  done('POST', `${url}/organizations/${id}/allocate_ip`, { token, body: {} });

/** An organization of these users, each with an address unless `leased` is false; the first founds it. */
export const organizationOf = async (
  url: string,
  [founder, ...others]: readonly [Signed, ...Signed[]],
  { subnet = '10.0.0.0/24', leased = true, name = unique('org') } = {},
): Promise<number> => {
  const organization = { token: founder.token, body: { name, subnet } };
  const { id }: { id: number } = await done('POST', `${url}/organizations`, organization);
  for (const other of others) await joinOrganization(url, other, id);
  if (leased) for (const user of [founder, ...others]) await allocateAddress(url, user, id);
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

export const connect = (url: string, { token }: Signed, options?: OpenOptions): Promise<TestSocket> =>
  openSocket(`${url}/ws?token=${token}`, options);

/** A registered agent, and the answer that it got. It says so in `onopen`, as the README's client does. */
export const agent = async (url: string, user: Signed, agentId?: string) => {
  const socket = await connect(url, user, { first: [registerFrame(agentId)] });
  const answer = (await socket.waitFor('register_agent_response')) as {
    virtual_ip: string;
    connection_id: string;
    existing_peers: { peer_id: string }[];
  };
  return { socket, answer, [Symbol.dispose]: () => socket.socket.terminate() };
};
