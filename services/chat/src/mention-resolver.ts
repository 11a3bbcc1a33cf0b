import {
  type AccountId,
  type AccountPrincipal,
  type Auth,
  type Authorization,
  type Client,
  type Content,
  type Mentions,
  type Topics,
  type TraceHeaders,
  asFault,
  deadlineIn,
} from '@parley/contracts';
import type { Log } from '@parley/runtime';
import { namesIn } from './domain/mentions.js';
import { isModerator, participantsOf } from './domain/message.js';

interface Deps {
  readonly auth: { readonly account: Pick<Client<Auth>['account'], 'named'> };
  readonly topics: { readonly member: Pick<Client<Topics>['member'], 'filterReaders'> };
  readonly log: Log;
}

export interface MentionResolver {
  /** The accounts that a text mentions, among the readers of the channel; null: none. Never rejects. */
  resolve(
    content: Content,
    authorization: Authorization,
    principal: AccountPrincipal,
    trace?: TraceHeaders,
  ): Promise<Mentions | null>;
}

/** false: certainly nobody. */
export const mayMention = (content: Content): content is Extract<Content, { type: 'text' }> =>
  content.type === 'text' && content.text.includes('@');

const callMs = 1_000;

/**
 * Resolves `@name` by one call to auth, and in groups and topics one to topics. While they do not answer, messages are sent without
 * mentions: a message is worth more than its mentions.
 */
export const createMentionResolver = ({ auth, topics, log }: Deps): MentionResolver => {
  const readersAmong = async (
    accountIds: AccountId[],
    authorization: Authorization,
    trace: TraceHeaders | undefined,
  ): Promise<AccountId[]> => {
    const { channel } = authorization;
    if (accountIds.length === 0 || channel.kind === 'room') return accountIds;
    if (channel.kind === 'direct') {
      const participants = participantsOf(authorization);
      return accountIds.filter((id) => participants.includes(id));
    }
    const principal = { kind: 'system', realm: channel.realm, service: 'chat' } as const;
    const question = { channelId: channel.id, accountIds };
    const options = { principal, deadline: deadlineIn(callMs), trace };
    return (await topics.member.filterReaders(question, options)).accountIds;
  };
  return {
    resolve: async (content, authorization, principal, trace) => {
      if (!mayMention(content)) return null;
      const { usernames, channel } = namesIn(content.text);
      const mentionsChannel = channel && isModerator(authorization);
      try {
        const named =
          usernames.length === 0
            ? []
            : await auth.account.named({ usernames }, { principal, deadline: deadlineIn(callMs), trace });
        const accountIds = await readersAmong([...new Set(named.map(({ id }) => id))], authorization, trace);
        return accountIds.length > 0 || mentionsChannel ? { accountIds, channel: mentionsChannel } : null;
      } catch (error) {
        const { reason } = asFault(error);
        log.warn({ reason, channelId: authorization.channel.id }, 'names in a message could not be resolved');
        return mentionsChannel ? { accountIds: [], channel: true } : null;
      }
    },
  };
};
