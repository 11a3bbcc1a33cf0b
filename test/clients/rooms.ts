import { type OpenOptions, openSocket, type TestSocket } from '@parley/testing';
import { done, unique } from './http.js';

export interface RoomsUser {
  readonly username: string;
  readonly token: string;
  readonly refreshToken: string;
}

/** A new account of the rooms wire with this name, signed in. */
export const signUpRooms = async (url: string, username: string, password = 'password123'): Promise<RoomsUser> => {
  const body = { username, password };
  await done('POST', `${url}/api/auth/signup`, { body });
  const grant: { access_token: string; refresh_token: string } = await done('POST', `${url}/api/auth/login`, { body });
  return { username, token: grant.access_token, refreshToken: grant.refresh_token };
};

/** A new account of the rooms wire with a name of its own, signed in. */
export const roomsUser = (url: string, name = 'user'): Promise<RoomsUser> => signUpRooms(url, unique(name));

export interface Room {
  readonly id: number;
  readonly name: string;
}

type Signed = Pick<RoomsUser, 'token'>;

export const newRoom = (url: string, { token }: Signed, name = unique('room')): Promise<Room> =>
  done('POST', `${url}/api/rooms`, { token, body: { name } });

/** Where the socket of a room is opened. */
export const roomPath = ({ token }: Signed, { id }: Pick<Room, 'id'>): string => `/ws/chat/${id}?token=${token}`;

/** A socket in a room, after its greeting. */
export const enter = async (
  url: string,
  user: Signed,
  room: Pick<Room, 'id'>,
  options?: OpenOptions,
): Promise<TestSocket> => {
  const socket = await openSocket(url + roomPath(user, room), options);
  await socket.waitFor('connected');
  return socket;
};

/** The texts of a room in its order. */
export const roomTexts = async (
  url: string,
  { token }: Signed,
  { id }: Pick<Room, 'id'>,
): Promise<readonly string[]> => {
  const items: { message: string }[] = await done('GET', `${url}/api/messages/${id}`, { token });
  return items.map(({ message }) => message);
};
