import { randomBytes } from 'node:crypto';
import { type CollectedSpan, collectedSpans, eventually, openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { collectorUrl, journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { as, v1User } from '../clients/v1.js';

const spansOf = (trace: string) => collectedSpans(collectorUrl ?? '', { trace });
const parentOf = (spans: readonly CollectedSpan[], child: CollectedSpan | undefined) =>
  spans.find(({ spanId }) => spanId === child?.parentSpanId);
const content = { type: 'text', text: 'hello' };

/** Of the frames that begin a trace the platforms of journeys record a fifth: among so many there is one. */
const untilRecorded = Array.from({ length: 60 }, (_, n) => n + 1);

/** A trace that a client began: its id, and the header that says so. */
const begunTrace = () => {
  const trace = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { trace, spanId, headers: { traceparent: `00-${trace}-${spanId}-01` } };
};

/** From the statement up: each span hangs below the one before it in the list. */
const expectTrace = (spans: readonly CollectedSpan[], names: readonly string[]): readonly CollectedSpan[] => {
  const spansOfMessage: CollectedSpan[] = [];
  let span = spans.find(({ name }) => name === names[0]);
  for (const name of names) {
    expect(span?.name).toBe(name);
    if (span) spansOfMessage.push(span);
    span = parentOf(spans, span);
  }
  return spansOfMessage;
};

/** New messages go through the first one; those that it does not take, as the first message of a channel, through the second one then. */
const stored = /^sql append_(new|entries)$/;

/**
 * From the call that chat serves up, and below it the statement. Where messages of other journeys on the same platform were committed in
 * one group with it, the statement is the group's, which is linked.
 */
const expectMessageTrace = (spans: readonly CollectedSpan[], callers: readonly string[]): readonly CollectedSpan[] => {
  const served = 'serve chat.message.send';
  const isGrouped = spans.some(({ name }) => name === 'message.group' || name === 'message.commit');
  const statement = spans.findLast(({ name }) => stored.test(name))?.name;
  if (!isGrouped) expectTrace(spans, [statement ?? 'the statement', served]);
  return expectTrace(spans, [served, ...callers]);
};

/** What a message may leave behind, however many receive it. */
const known = /^([A-Z]+|socket|call|serve|sql|publish) \S|^message\.(group|commit)$/;
const toldOnce = (spans: readonly CollectedSpan[]) =>
  spans.filter(({ name }) => name === 'publish message.created').length === 1 &&
  spans.every(({ name }) => known.test(name));

journey('one trace', ({ form, url, otherUrl }) => {
  if (form === 'given')
    return test.skip('goes to a collector that only the operator of this Parley can read', () => {});
  const services = (span: string) => (form === 'standalone' ? 'standalone' : span);

  test('leads from an HTTP request through gateway, bus and service to the statement', async () => {
    const user = await v1User(url);
    const made = await as(url, user)('POST /channels', { kind: 'room', title: unique('room') });
    const { id } = made.body as { id: string };
    using listener = await openSocket(`${otherUrl}/v1/socket`, { headers: { authorization: `Bearer ${user.token}` } });
    listener.send({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId: id } });
    await listener.waitFor((frame) => frame['id'] === 1);
    const { trace, spanId, headers } = begunTrace();
    const body = { clientId: 'a', content };
    const answer = await ask('POST', `${url}/v1/channels/${id}/messages`, { token: user.token, headers, body });
    expect(answer.status).toBe(201);
    await listener.waitFor('message.created');
    await eventually(async () => {
      const spans = await spansOf(trace);
      const spansOfMessage = expectMessageTrace(spans, ['call chat.message.send', 'POST /v1/channels/:id/messages']);
      expect(spansOfMessage.map(({ service }) => service)).toEqual(['chat', 'gateway', 'gateway'].map(services));
      expect(spansOfMessage.at(-1)?.parentSpanId).toBe(spanId);
      expect(toldOnce(spans)).toBe(true);
    });
  });

  test('a refused request names it in its answer', async () => {
    const { trace, headers } = begunTrace();
    const { body } = await ask('GET', `${url}/v1/me`, { headers });
    expect(body).toMatchObject({ reason: 'no_token', traceId: trace });
  });

  test('leads from a frame on a v1 socket', async () => {
    const user = await v1User(url);
    const made = await as(url, user)('POST /channels', { kind: 'room', title: unique('room') });
    const { id: channelId } = made.body as { id: string };
    using socket = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${user.token}` } });
    const { params } = (await socket.waitFor('session.opened')) as { params?: { connectionId: string } };
    for (const id of untilRecorded) {
      socket.send({ jsonrpc: '2.0', id, method: 'message.send', params: { channelId, clientId: String(id), content } });
      await socket.waitFor((frame) => frame['id'] === id);
    }
    await eventually(async () => {
      const frames = await collectedSpans(collectorUrl ?? '', { name: 'socket v1 message.send' });
      const frame = frames.find(({ attributes }) => attributes['parley.connection.id'] === params?.connectionId);
      const spans = await spansOf(frame?.traceId ?? 'none');
      const spansOfMessage = expectMessageTrace(spans, ['call chat.message.send', 'socket v1 message.send']);
      expect(spansOfMessage.map(({ service }) => service)).toEqual(['chat', 'gateway', 'gateway'].map(services));
      expect(spansOfMessage.at(-1)?.parentSpanId).toBe('');
      expect(toldOnce(spans)).toBe(true);
    });
  });

  test('that a client began goes on from its frame; a text that names none begins one', async () => {
    const user = await v1User(url);
    const made = await as(url, user)('POST /channels', { kind: 'room', title: unique('room') });
    const { id: channelId } = made.body as { id: string };
    using socket = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${user.token}` } });
    const { trace, spanId, headers } = begunTrace();
    const sent = async (id: number, traceparent: string) => {
      const params = { channelId, clientId: String(id), content };
      socket.send({ jsonrpc: '2.0', id, method: 'message.send', params, traceparent });
      expect(await socket.waitFor((frame) => frame['id'] === id)).toHaveProperty('result');
    };
    await sent(1, headers.traceparent);
    await sent(2, headers.traceparent.replace(/^00/, 'zz'));
    await eventually(async () => {
      const spans = await spansOf(trace);
      const spansOfMessage = expectMessageTrace(spans, ['call chat.message.send', 'socket v1 message.send']);
      expect(spansOfMessage.at(-1)?.parentSpanId).toBe(spanId);
      expect(toldOnce(spans)).toBe(true);
    });
  });

  test('leads from a frame on a rooms socket', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(otherUrl, bob, room);
    const named = () => collectedSpans(collectorUrl ?? '', { name: 'socket rooms message.send' });
    const before = new Set((await named()).map(({ spanId }) => spanId));
    for (const n of untilRecorded) {
      adas.send({ type: 'message', content: `hello ${n}` });
      await bobs.waitFor((frame) => frame['message'] === `hello ${n}`);
    }
    // Another journey may speak on this wire too: it would show the same spans.
    await eventually(async () => {
      const frame = (await named()).find(
        ({ spanId, service }) => !before.has(spanId) && service === services('gateway'),
      );
      const spans = await spansOf(frame?.traceId ?? 'none');
      expectTrace(spans, ['serve chat.message.send', 'call chat.message.send', 'socket rooms message.send']);
      expect(spans.some(({ name }) => stored.test(name) || name === 'message.commit')).toBe(true);
    });
  });

  test('a group of many is linked with each of its members, and no recipient has a span', async () => {
    const user = await v1User(url);
    const made = await as(url, user)('POST /channels', { kind: 'room', title: unique('room') });
    const { id } = made.body as { id: string };
    const listeners = await Promise.all(
      [url, otherUrl, url, otherUrl].map((each) =>
        openSocket(`${each}/v1/socket`, { headers: { authorization: `Bearer ${user.token}` } }),
      ),
    );
    for (const socket of listeners) {
      socket.send({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId: id } });
      await socket.waitFor((frame) => frame['id'] === 1);
    }
    const traces = Array.from({ length: 60 }, begunTrace);
    const send = async ({ headers }: { headers: Record<string, string> }, n: number) => {
      const body = { clientId: String(n), content };
      return ask('POST', `${url}/v1/channels/${id}/messages`, { token: user.token, headers, body });
    };
    const answers = await Promise.all(traces.map(send));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const isLast = ({ params }: { readonly params?: { message?: { sequence: number } } }) =>
      params?.message?.sequence === traces.length;
    for (const socket of listeners) await socket.waitFor(isLast);
    for (const socket of listeners) socket[Symbol.dispose]();

    await eventually(
      async () => {
        const byTrace = new Map<string, CollectedSpan[]>();
        for (const { trace } of traces) byTrace.set(trace, await spansOf(trace));
        const all = [...byTrace.values()].flat();
        const groups = all.filter(({ name }) => name === 'message.group');
        const commits = all.filter(({ name }) => name === 'message.commit');
        // A message may share a group with one of another journey that is not recorded, and is then its only link.
        expect(Math.max(...groups.map(({ links }) => links.length))).toBeGreaterThan(1);
        for (const group of groups) {
          // Back and forth: each member's call is linked by the group, and links to it with the span of its wait.
          const members = commits.filter(({ links }) => links.some(({ spanId }) => spanId === group.spanId));
          // Messages of other journeys on the same platform may be in the group too.
          const own = group.links.filter(({ traceId }) => byTrace.has(traceId));
          expect(new Set(members.map(({ parentSpanId }) => parentSpanId))).toEqual(
            new Set(own.map(({ spanId }) => spanId)),
          );
          const statements = all.filter((span) => span.parentSpanId === group.spanId && span.name.startsWith('sql '));
          const names = statements.map(({ name }) => name);
          expect(names.length).toBeGreaterThan(0);
          // Each at most once.
          expect(names).toEqual([...new Set(names)]);
          for (const name of names) expect(name).toMatch(stored);
        }
        for (const [trace, spans] of byTrace) {
          expect(
            spans.some(({ name }) => name === 'serve chat.message.send'),
            trace,
          ).toBe(true);
          expect(
            spans.some(({ name }) => name === 'message.commit' || stored.test(name)),
            trace,
          ).toBe(true);
          for (const { name } of spans) expect(name).toMatch(known);
        }
        expect(all.filter(({ name }) => name === 'publish message.created')).toHaveLength(traces.length);
      },
      { withinMs: 10_000 },
    );
  });
});
