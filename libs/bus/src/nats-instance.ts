import { randomUUID } from 'node:crypto';
import { instancesSubject, livenessSubject } from '@parley/contracts';
import type { NatsConnection, Subscription } from 'nats';
import type { Connection } from './connection.js';
import { bytesOf, isInbox } from './nats-packet.js';
import { answersHeader, noticeOf } from './nats-responders.js';

export interface Instance {
  /** Changes with each connection, because calls and answers in transit on the old connection are lost as well. */
  readonly id: string;
  /** Announces that this process leaves, after all its answers. */
  withdraw(): void;
}

/**
 * The server's side: announces this process, and answers probes whether it still runs. To be called before the first subscription for
 * calls, so that a caller knows this process before it can receive one of its calls.
 */
export const announceInstance = (nc: NatsConnection, connection: Connection, service: string): Instance => {
  let id = '';
  let subscriptions: Subscription[] = [];
  const leave = (): void => {
    for (const subscription of subscriptions) subscription.unsubscribe();
    subscriptions = [];
  };
  const say = (state: 'joined' | 'left'): void =>
    nc.publish(instancesSubject(service), bytesOf(noticeOf(service, id, state)));
  const join = (): void => {
    leave();
    id = randomUUID();
    const answer = bytesOf(`${service} ${id}`);
    subscriptions = [livenessSubject(service), livenessSubject(service, id)].map((subject) =>
      nc.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null || !isInbox(message.reply)) return;
          message.respond(answer);
          if (message.headers?.has(answersHeader)) message.respond(answer);
        },
      }),
    );
  };
  join();
  say('joined');
  const stopFollowing = connection.onChange((connected) => {
    if (nc.isClosed()) return;
    // After a reconnection the client subscribes everything at once, so the new id is known with the first call.
    if (connected) say('joined');
    else join();
  });
  return {
    get id() {
      return id;
    },
    withdraw: () => {
      stopFollowing();
      if (nc.isClosed()) return;
      say('left');
      leave();
    },
  };
};
