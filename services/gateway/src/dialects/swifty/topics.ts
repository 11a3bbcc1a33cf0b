import { notFound } from '@parley/contracts';
import type { AccountId, AccountSummary, Channel } from '@parley/contracts';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { countedEntries, inPages, streamedObject } from '../shared/json-stream.js';
import type { SwiftySettings } from './settings.js';
import * as shapes from './shapes.js';

const invalidToken = { 401: { description: 'Invalid token', schema: shapes.Detail } };
const noTopic = { 404: { description: 'Topic not found', schema: shapes.Detail } };
const batchMax = 500;

/** Topics and connected clients. Changes require a token in the query; lists are open unless configured otherwise. */
export const topicRoutes = (deps: RestDeps, settings: SwiftySettings): readonly Route[] => [
  clients(deps, settings),
  create(deps),
  subscribe(deps),
  unsubscribe(deps),
  list(deps, settings),
  one(deps, settings),
];

const admitted = async ({ authenticateToken }: RestDeps, { tokensRequired }: SwiftySettings, token?: string) => {
  if (tokensRequired) await authenticateToken(token ?? '');
};

const clients = (deps: RestDeps, settings: SwiftySettings): Route =>
  route({
    method: 'get',
    path: '/clients',
    operationId: 'listClients',
    summary: 'The clients that are connected',
    access: 'anyone',
    query: shapes.MaybeToken,
    responses: { 200: { description: 'OK', schema: shapes.Clients } },
    async handle({ query }) {
      await admitted(deps, settings, query.token);
      const entry = ({ handle, name }: Pick<AccountSummary, 'handle' | 'name'>) => [handle, name] as const;
      return { stream: await countedEntries('clients', deps.here.pages(deps.realm), entry) };
    },
  });

const create = ({ core, authenticateToken }: RestDeps): Route =>
  route({
    method: 'post',
    path: '/topics/create',
    operationId: 'createTopic',
    summary: 'Create a topic; its creator is not subscribed by that',
    access: 'anyone',
    query: shapes.Token,
    body: shapes.NewTopic,
    responses: {
      200: { description: 'OK', schema: shapes.TopicCreated },
      400: { description: 'Topic already exists', schema: shapes.Detail },
      ...invalidToken,
    },
    async handle({ query, body: { topic_id, metadata } }) {
      const principal = await authenticateToken(query.token);
      const topic = { kind: 'topic' as const, slug: topic_id, title: topic_id, metadata, asMember: false };
      await core.topics.channel.create(topic, { principal });
      return { body: { message: 'Topic created successfully', topic_id, creator: principal.handle } };
    },
  });

const subscribe = ({ core, authenticateToken }: RestDeps): Route =>
  route({
    method: 'post',
    path: '/topics/subscribe',
    operationId: 'subscribeToTopic',
    summary: 'Subscribe to a topic; again changes nothing',
    access: 'anyone',
    query: shapes.Token,
    body: shapes.TopicName,
    responses: { 200: { description: 'OK', schema: shapes.Subscription }, ...invalidToken, ...noTopic },
    async handle({ query, body: { topic_id } }) {
      const principal = await authenticateToken(query.token);
      const topic = await core.topics.channel.get({ reference: { slug: topic_id } }, { principal });
      await core.topics.member.join({ channelId: topic.id }, { principal });
      return { body: { message: 'Subscribed successfully', topic_id, client_uuid: principal.handle } };
    },
  });

const unsubscribe = ({ core, authenticateToken }: RestDeps): Route =>
  route({
    method: 'post',
    path: '/topics/unsubscribe',
    operationId: 'unsubscribeFromTopic',
    summary: 'End a subscription; also of a topic that is not there',
    access: 'anyone',
    query: shapes.Token,
    body: shapes.TopicName,
    responses: { 200: { description: 'OK', schema: shapes.Subscription }, ...invalidToken },
    async handle({ query, body: { topic_id } }) {
      const principal = await authenticateToken(query.token);
      const topic = await topicOf(core, topic_id, principal);
      if (topic) await core.topics.member.leave({ channelId: topic.id }, { principal });
      return { body: { message: 'Unsubscribed successfully', topic_id, client_uuid: principal.handle } };
    },
  });

const list = (deps: RestDeps, settings: SwiftySettings): Route =>
  route({
    method: 'get',
    path: '/topics',
    operationId: 'listTopics',
    summary: 'All topics, newest first',
    access: 'anyone',
    query: shapes.MaybeToken,
    responses: { 200: { description: 'OK', schema: shapes.Topics } },
    async handle({ query }) {
      await admitted(deps, settings, query.token);
      const { count, newest } = await deps.core.topics.channel.countNamed({ kinds }, { principal: deps.system });
      return { stream: await streamedObject({ count }, 'topics', topicPages(deps, newest), (topic) => topic) };
    },
  });

const one = (deps: RestDeps, settings: SwiftySettings): Route =>
  route({
    method: 'get',
    path: '/topics/:topic_id',
    operationId: 'getTopic',
    summary: 'One topic and its subscribers',
    access: 'anyone',
    params: shapes.TopicPath,
    query: shapes.MaybeToken,
    responses: { 200: { description: 'OK', schema: shapes.TopicWithSubscribers }, ...noTopic },
    async handle({ params, query }) {
      await admitted(deps, settings, query.token);
      const topic = await topicOf(deps.core, params.topic_id, deps.system);
      if (!topic) throw notFound('channel');
      const [subscribers, handles] = await Promise.all([
        subscribersOf(deps, topic),
        handlesOf(deps, topic.createdBy === null ? [] : [topic.createdBy]),
      ]);
      const head = toTopic(topic, handles, subscribers.length);
      return { stream: await streamedObject(head, 'subscribers', inPages(subscribers), (handle) => handle) };
    },
  });

const toTopic = (topic: Channel, handles: ReadonlyMap<AccountId, string>, subscriber_count: number) => ({
  id: topic.slug ?? topic.title,
  creator: (topic.createdBy !== null && handles.get(topic.createdBy)) || '',
  metadata: topic.metadata,
  subscriber_count,
});

type Caller = Parameters<RestDeps['core']['topics']['channel']['get']>[1]['principal'];

/** Topics, and in a shared realm rooms, by their slug. null for text that is not a slug. */
const topicOf = async (core: RestDeps['core'], topic_id: string, principal: Caller): Promise<Channel | null> => {
  const slug = shapes.TopicName.safeParse({ topic_id });
  if (!slug.success) return null;
  try {
    return await core.topics.channel.get({ reference: { slug: slug.data.topic_id } }, { principal });
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const isMissing = (error: unknown): boolean => (error as { reason?: unknown }).reason === 'channel_not_found';

type Topic = ReturnType<typeof toTopic>;

const kinds = ['topic' as const, 'room' as const];

/** Topics with a number up to `newest`: the count does not include those created meanwhile. */
async function* topicPages(deps: RestDeps, newest: number): AsyncGenerator<Topic[]> {
  const { core, system: principal } = deps;
  for (let before: number | null = newest + 1; before !== null;) {
    const page: Awaited<ReturnType<typeof core.topics.channel.list>> = await core.topics.channel.list(
      { kinds, limit: 100, before },
      { principal },
    );
    const found = page.channels.filter(({ slug }) => slug !== null);
    const [counts, handles] = await Promise.all([
      core.topics.channel.memberCounts({ ids: found.map(({ id }) => id) }, { principal }),
      handlesOf(
        deps,
        found.flatMap(({ createdBy }) => createdBy ?? []),
      ),
    ]);
    const countOf = new Map(counts.map(({ channelId, memberCount }) => [channelId, memberCount]));
    yield found.map((topic) => toTopic(topic, handles, countOf.get(topic.id) ?? 0));
    before = page.next;
  }
}

const handlesOf = async ({ core, system: principal }: RestDeps, ids: readonly AccountId[]) => {
  const handles = new Map<AccountId, string>();
  const wanted = [...new Set(ids)];
  for (let at = 0; at < wanted.length; at += batchMax) {
    const found = await core.auth.account.lookup({ ids: wanted.slice(at, at + batchMax) }, { principal });
    for (const { id, handle } of found) handles.set(id, handle);
  }
  return handles;
};

const subscribersOf = async (deps: RestDeps, { id: channelId }: Channel): Promise<string[]> => {
  const { core, system: principal } = deps;
  const subscribers = new Set<string>();
  for (let after: AccountId | null | undefined; after !== null;) {
    const input = { channelId, limit: batchMax, ...(after !== undefined && { after }) };
    const page: Awaited<ReturnType<typeof core.topics.member.list>> = await core.topics.member.list(input, {
      principal,
    });
    const handles = await handlesOf(
      deps,
      page.members.map(({ accountId }) => accountId),
    );
    for (const { accountId } of page.members) {
      const handle = handles.get(accountId);
      if (handle !== undefined) subscribers.add(handle);
    }
    after = page.next;
  }
  return [...subscribers];
};
