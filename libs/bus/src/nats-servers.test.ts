import { expect, test } from 'vitest';
import { natsServers } from './nats-servers.js';

test('the servers are separated from the credentials of the url', () => {
  expect(natsServers('nats://parley:p%40ss@bus:4222, tls://other:4223')).toEqual({
    servers: ['nats://bus:4222', 'tls://other:4223'],
    user: 'parley',
    pass: 'p@ss',
  });
});

test('without a port, without credentials, by an address', () => {
  expect(natsServers('nats://bus,nats://[::1]:4222')).toEqual({ servers: ['nats://bus', 'nats://[::1]:4222'] });
});
