import { type OpenOptions, openSocket, type TestSocket } from '@parley/testing';
import { ask, unique } from './http.js';

export interface RoomsUser {
  readonly username: string;
  readonly token: string;
  readonly refreshToken: string;
}

export const roomsUser = async (url: string, name = 'user'): Promise<RoomsUser> => {
  const username = unique(name);
  const credentials = { username, password: 'password123' };
  await ask('POST', `${url}/api/auth/signup`, { body: credentials });
  const { body } = await ask('POST', `${url}/api/auth/login`, { body: credentials });
  const { access_token, refresh_token } = body as { access_token: string; refresh_token: string };
  return { username, token: access_token, refreshToken: refresh_token };
};

export interface Room {
  readonly id: number;
  readonly name: string;
}

export const newRoom = async (url: string, user: RoomsUser, name = unique('room')): Promise<Room> => {
  const { body } = await ask('POST', `${url}/api/rooms`, { token: user.token, body: { name } });
  return body;
};

/** A socket in a room, after it was told so. */
export const enter = async (url: string, user: RoomsUser, room: Room, options?: OpenOptions): Promise<TestSocket> => {
  const socket = await openSocket(`${url}/ws/chat/${room.id}?token=${user.token}`, options);
  await socket.waitFor('connected');
  return socket;
};
