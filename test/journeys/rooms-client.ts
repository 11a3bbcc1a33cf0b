import { type OpenOptions, openSocket, type TestSocket } from '@parley/testing';
import { unique } from './platforms.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // What an old server answered is looked at as it is.
  readonly body: never;
}

/** One request, as a client of an old server makes it. */
export const ask = async (
  method: string,
  url: string,
  { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> => {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson(text) ? JSON.parse(text) : text) as never,
  };
};

const isJson = (text: string): boolean => text.startsWith('{') || text.startsWith('[');

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

/** A socket in a room, after its confirmation. */
export const enter = async (url: string, user: RoomsUser, room: Room, options?: OpenOptions): Promise<TestSocket> => {
  const socket = await openSocket(`${url}/ws/chat/${room.id}?token=${user.token}`, options);
  await socket.waitFor('connected');
  return socket;
};
