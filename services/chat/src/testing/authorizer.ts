import { randomUUID } from 'node:crypto';
import { type AccountPrincipal, type Authorization, type ChannelId, Fault } from '@parley/contracts';
import { fakeClock } from '@parley/testing';
import { createAuthorizer } from '../use-cases/authorize.js';

export const channelId = randomUUID() as ChannelId;
export const target = { channelId };

export const anAnswer = (membershipVersion = 1, realm = 'main'): Authorization => ({
  channel: {
    id: channelId,
    number: 1,
    realm,
    kind: 'group',
    slug: null,
    title: 'g',
    metadata: {},
    metadataText: null,
    membershipVersion,
    createdBy: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    closedAt: null,
  },
  role: 'member',
  audience: [{ kind: 'channel', id: channelId }],
});

const atOnce = (_: number, work: () => void): void => work();

/** An authorizer with a fake topics whose replies the test sets, and the calls that it received. */
export const given = (jitter = () => 1, after = atOnce) => {
  const clock = fakeClock();
  const asked: string[] = [];
  const state = { answer: (): Promise<Authorization> => Promise.resolve(anAnswer()) };
  const authorizer = createAuthorizer({
    topics: {
      member: {
        authorize: (input, { principal }) => {
          asked.push(`${(principal as AccountPrincipal).name} ${input.to}`);
          return state.answer();
        },
      },
    },
    maxAgeMs: 10_000,
    clock: clock.now,
    jitter,
    after,
  });
  return { clock, asked, state, authorizer };
};

export const refused = () => Promise.reject(new Fault('forbidden', 'not_member', 'No'));
