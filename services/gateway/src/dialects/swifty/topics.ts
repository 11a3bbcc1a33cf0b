import { MetadataText, notFound } from '@parley/contracts';
import type { AccountId, AccountSummary, Channel, SystemPrincipal } from '@parley/contracts';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { bodyTextOf } from '../../protocol/body-text.js';
import { InvalidInput } from '../../protocol/input-issues.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { countedArray, countedEntries, streamedObject } from '../shared/json-stream.js';
import { JsonText, memberText } from '../shared/json-text.js';
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

const admitted = async ({ authentication }: RestDeps, { tokensRequired }: SwiftySettings, token?: string) => {
  if (tokensRequired) await authentication.authenticateToken(token ?? '');
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
      return { stream: await countedEntries('clients', deps.presence.pages(deps.realm), entry) };
    },
  });

const create = ({ execute, authentication }: RestDeps): Route =>
  route({
    method: 'post',
    path: '/topics/create',
    operationId: 'createTopic',
    summary: 'Create a topic; its creator is not subscribed by that',
    access: 'anyone',
    repeatable: true,
    query: shapes.Token,
    body: shapes.NewTopic,
    keepsBodyText: true,
    responses: {
      200: { description: 'OK', schema: shapes.TopicCreated },
      400: { description: 'Topic already exists', schema: shapes.Detail },
      ...invalidToken,
    },
    async handle({ query, body: { topic_id, metadata }, request }) {
      const metadataText = metadataTextIn(bodyTextOf(request));
      const principal = await authentication.authenticateToken(query.token);
      const topic = {
        kind: 'topic' as const,
        slug: topic_id,
        title: topic_id,
        metadata,
        metadataText,
        asMember: false,
      };
      await execute({ type: 'channel.create', ...topic }, { principal, request });
      return { body: { message: 'Topic created successfully', topic_id, creator: principal.handle } };
    },
  });

/** Undefined for none and for `null`, which are `{}`. */
const metadataTextIn = (body: string): string | undefined => {
  const text = memberText(body, 'metadata');
  if (text === undefined || text === 'null') return undefined;
  const checked = MetadataText.safeParse(text);
  if (checked.success) return checked.data;
  const message = checked.error.issues[0]?.message ?? '';
  throw new InvalidInput([{ where: 'body', path: ['metadata'], isMissing: false, message }]);
};

const subscribe = ({ execute, authentication }: RestDeps): Route =>
  route({
    method: 'post',
    path: '/topics/subscribe',
    operationId: 'subscribeToTopic',
    summary: 'Subscribe to a topic; again changes nothing',
    access: 'anyone',
    query: shapes.Token,
    body: shapes.TopicName,
    responses: { 200: { description: 'OK', schema: shapes.Subscription }, ...invalidToken, ...noTopic },
    async handle({ query, body: { topic_id }, request }) {
      const principal = await authentication.authenticateToken(query.token);
      await execute({ type: 'member.join', channel: { slug: topic_id } }, { principal, request });
      return { body: { message: 'Subscribed successfully', topic_id, client_uuid: principal.handle } };
    },
  });

const unsubscribe = ({ execute, authentication }: RestDeps): Route =>
  route({
    method: 'post',
    path: '/topics/unsubscribe',
    operationId: 'unsubscribeFromTopic',
    summary: 'End a subscription; also of a topic that is not there',
    access: 'anyone',
    query: shapes.Token,
    body: shapes.TopicName,
    responses: { 200: { description: 'OK', schema: shapes.Subscription }, ...invalidToken },
    async handle({ query, body: { topic_id }, request }) {
      const principal = await authentication.authenticateToken(query.token);
      try {
        await execute({ type: 'member.leave', channel: { slug: topic_id } }, { principal, request });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
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
      const handles = await handlesOf(deps, topic.createdBy === null ? [] : [topic.createdBy]);
      const pages = subscriberPages(deps, topic);
      const stream = await countedArray(
        toHead(topic, handles),
        'subscriber_count',
        'subscribers',
        pages,
        (handle) => handle,
      );
      return { stream };
    },
  });

const toHead = (topic: Channel, handles: ReadonlyMap<AccountId, string>) => ({
  id: topic.slug ?? topic.title,
  creator: (topic.createdBy !== null && handles.get(topic.createdBy)) || '',
  metadata: topic.metadataText === null ? topic.metadata : new JsonText(topic.metadataText),
});

const toTopic = (topic: Channel, handles: ReadonlyMap<AccountId, string>, subscriber_count: number) => ({
  ...toHead(topic, handles),
  subscriber_count,
});

/** Topics, and in a shared realm rooms, by their slug. null for text that is not a slug. */
const topicOf = async (
  core: RestDeps['core'],
  topic_id: string,
  principal: SystemPrincipal,
): Promise<Channel | null> => {
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

/** Each uuid once: several accounts may have the same. */
async function* subscriberPages(deps: RestDeps, { id: channelId }: Channel): AsyncGenerator<string[]> {
  const { core, system: principal } = deps;
  const given = new Set<string>();
  for (let after: AccountId | null | undefined; after !== null;) {
    const input = { channelId, limit: batchMax, ...(after !== undefined && { after }) };
    const page: Awaited<ReturnType<typeof core.topics.member.list>> = await core.topics.member.list(input, {
      principal,
    });
    const handles = await handlesOf(
      deps,
      page.members.map(({ accountId }) => accountId),
    );
    const found = page.members.flatMap(({ accountId }) => handles.get(accountId) ?? []);
    const fresh = [...new Set(found)].filter((handle) => !given.has(handle));
    yield fresh;
    for (const handle of fresh) given.add(handle);
    after = page.next;
  }
}
