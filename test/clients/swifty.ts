import { randomUUID } from 'node:crypto';
import { type OpenOptions, openSocket, type TestSocket } from '@parley/testing';
import { type Answer, ask, done } from './http.js';

export interface Device {
  readonly uuid: string;
  readonly name: string;
  readonly token: string;
}

/** Registers a device; `shown` is an earlier token of it. */
export const register = (url: string, uuid: string, name: string, shown?: string): Promise<Answer> =>
  ask('POST', `${url}/register`, { body: { name, uuid }, ...(shown !== undefined && { token: shown }) });

export const aDevice = async (url: string, name = 'Alice', uuid: string = randomUUID()): Promise<Device> => {
  const { status, body } = await register(url, uuid, name);
  if (status !== 200) throw new Error(`Not registered: ${status} ${JSON.stringify(body)}`);
  return { uuid, name, token: (body as { token: string }).token };
};

/** A socket after its `connection`. */
export const connect = async (
  url: string,
  { token }: Pick<Device, 'token'>,
  options?: OpenOptions,
): Promise<TestSocket> => {
  const socket = await openSocket(`${url}/ws?token=${token}`, options);
  await socket.waitFor('connection');
  return socket;
};

/** The README's direct message between these two. */
export const direct = (from: Pick<Device, 'uuid'>, to: Pick<Device, 'uuid'>, more: object = {}) => ({
  to: to.uuid,
  from: from.uuid,
  timestamp: 1234567890.123,
  priority: 'high',
  subject: 'Message subject',
  msgid: randomUUID() as string,
  acknowledge: true,
  content: 'Message content',
  action: 'message',
  event: 'event-type',
  status: 'sent',
  conversation_id: 'conversation-id',
  msgno: 1,
  ...more,
});

/** The README's topic message. */
export const toTopic = (from: Pick<Device, 'uuid'>, topic_id: string, more: object = {}) => ({
  topic_id,
  from: from.uuid,
  timestamp: 1234567890.123,
  priority: 'normal',
  subject: 'Topic message',
  msgid: randomUUID() as string,
  content: 'Message content',
  action: 'topic_message',
  event: '',
  status: 'sent',
  msgno: 1,
  ...more,
});

export const topicCall = (
  url: string,
  verb: string,
  { token }: Pick<Device, 'token'>,
  topic_id: string,
  more: object = {},
): Promise<Answer> => ask('POST', `${url}/topics/${verb}?token=${token}`, { body: { topic_id, ...more } });

/** How many messages wait for a device. */
export const undeliveredCount = async (
  url: string,
  { uuid, token }: Pick<Device, 'uuid' | 'token'>,
): Promise<number> => {
  const { count }: { count: number } = await done('GET', `${url}/clients/${uuid}/undelivered?token=${token}`);
  return count;
};
