import type { Channel } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { expect } from 'vitest';
import type { Given } from './fixtures.js';

/** What tests ask about the members of a channel. */
export const membershipsOf = (given: Given) => {
  const versionOf = async ({ id }: Channel): Promise<number> =>
    (await given.topics.channel.get({ reference: { id } }, given.system)).membershipVersion;
  return {
    versionOf,
    /** The role of each member, by account id. */
    rolesIn: async ({ id }: Channel) => {
      const { members } = await given.topics.member.list({ channelId: id }, given.system);
      return Object.fromEntries(members.map(({ accountId, role }) => [accountId, role]));
    },
    /** Asserts that each step of the version was published exactly once, to the channel and to the account. */
    expectPublished: (channel: Channel, ...names: string[]): Promise<void> =>
      eventually(async () => {
        expect(given.storyOf(channel.id)).toEqual(names.map((name, index) => `${index + 1} member.${name}`));
        expect(await versionOf(channel)).toBe(names.length);
        const toAccounts = given.received.filter(
          ({ event, along }) => along === 'account' && 'channel' in event && event.channel.id === channel.id,
        );
        expect(toAccounts).toHaveLength(names.length);
      }),
  };
};
