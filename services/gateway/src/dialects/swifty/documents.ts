import { z } from 'zod';
import type { DialectDocuments, SocketDescription } from '../../protocol/documents.js';
import { fastApiFault } from '../shared/fastapi-errors.js';
import { frames } from './frames.js';
import * as shapes from './shapes.js';

const uuid = '123e4567-e89b-12d3-a456-426614174000';
const timestamp = 1234567890.123;
const direct = frames.direct.example;
const topic = { id: 'my-topic', creator: uuid, metadata: {}, subscriber_count: 1 };
const { msgid } = direct;
const eventOf = <T extends string>(type: T) =>
  z.object({ type: z.literal(type), message: z.string(), timestamp: z.number() });

const socket: SocketDescription = {
  address: '/ws',
  query: { token: 'The access token' },
  description:
    'One device; of its connections the newest receives. A frame with topic_id goes to a topic, any other to one device; both are delivered verbatim, unknown fields included. Closed with 4001 without a token, 1008 for an invalid one.',
  clientMessages: frames,
  serverMessages: {
    connection: {
      summary: 'The first frame',
      schema: eventOf('connection').extend({ uuid: z.string(), name: z.string() }),
      example: { type: 'connection', message: 'Connected', timestamp, uuid, name: 'My Device' },
    },
    direct: { summary: 'A message for this device', schema: shapes.Direct, example: direct },
    topic: { summary: 'A message in a topic', schema: shapes.ToTopic, example: frames.topic.example },
    sent: {
      summary: 'The message was delivered',
      schema: eventOf('sent').extend({ msgid: z.string() }),
      example: { type: 'sent', message: 'Message sent', timestamp, msgid },
    },
    topic_sent: {
      summary: 'The message is in its topic; says how many subscribers it reached',
      schema: eventOf('topic_sent').extend({ topic_id: z.string(), msgid: z.string() }),
      example: {
        type: 'topic_sent',
        message: 'Message sent to 1 subscribers',
        timestamp,
        topic_id: 'my-topic',
        msgid: 'message-uuid',
      },
    },
    error: {
      summary: 'A frame failed',
      schema: eventOf('error').extend({ msgid: z.string().optional() }),
      example: { type: 'error', message: 'Topic not found', timestamp, msgid: 'message-uuid' },
    },
  },
};

export const documents: DialectDocuments = {
  schemas: { ...shapes },
  examples: {
    Registration: { name: 'My Device', uuid },
    NewTopic: { topic_id: 'my-topic', metadata: { description: 'Measurements' } },
    TopicName: { topic_id: 'my-topic' },
    Registered: { token: 'eyJhbGciOi…', uuid, name: 'My Device', message: 'Registration successful' },
    Clients: { count: 1, clients: { [uuid]: 'My Device' } },
    Topic: topic,
    Topics: { count: 1, topics: [topic] },
    TopicWithSubscribers: { ...topic, subscribers: [uuid] },
    TopicCreated: { message: 'Topic created successfully', topic_id: 'my-topic', creator: uuid },
    Subscription: { message: 'Subscribed successfully', topic_id: 'my-topic', client_uuid: uuid },
    MessageStatus: { msgid, to: direct.to, status: 'delivered', timestamp },
    Undelivered: { uuid, count: 1, more: false, messages: [{ msgid, from: uuid, timestamp }] },
    Detail: { detail: 'Topic not found' },
  },
  token: { in: 'query', name: 'token' },
  fault: fastApiFault,
  socket,
};
