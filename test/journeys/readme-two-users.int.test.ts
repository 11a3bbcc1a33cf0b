// The published examples of the five READMEs, verbatim, by two users at once: neither gets anything else than the README shows.
import { randomUUID } from 'node:crypto';
import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { conversationsUser, newConversation, signIn } from '../clients/conversations.js';
import { fluentUser, messagesOf, openChat, sealed } from '../clients/fluent.js';
import { meshUser, organizationOf } from '../clients/mesh.js';
import { journey } from './platforms.js';
import { conversations, filled, mesh, rooms, shapeOf, swifty } from './readme-examples.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { connect } from '../clients/swifty.js';

const parsed = (example: string): unknown => JSON.parse(example);
const headers = { 'content-type': 'application/json' };

journey('two users at once', ({ url, otherUrl }) => {
  test('swifty: both register, subscribe to one topic and write to each other', async () => {
    const uuids = [randomUUID(), randomUUID()] as const;
    const answers = await Promise.all(
      uuids.map((uuid) =>
        ask('POST', `${url}/register`, { body: filled(swifty.register, { 'client-uuid': uuid }), headers }),
      ),
    );
    const devices = answers.map(({ body }, n) => {
      const { token, name } = body as { token: string; name: string };
      expect(body).toEqual(parsed(filled(swifty.registered, { 'client-uuid': uuids[n] ?? '', 'jwt-token': token })));
      return { uuid: uuids[n] ?? '', name, token };
    });
    const values = { 'my-room': unique('my-room'), 'creator-uuid': uuids[0] };
    const create = ({ token }: { token: string }) =>
      ask('POST', `${url}/topics/create?token=${token}`, { body: filled(swifty.create, values), headers });
    const created = await Promise.all(devices.map(create));
    expect(created.map(({ status }) => status).sort()).toEqual([200, 400]);
    await Promise.all(
      devices.map(({ token }) =>
        ask('POST', `${url}/topics/subscribe?token=${token}`, { body: filled(swifty.subscribe, values), headers }),
      ),
    );
    const [one, two] = devices as [(typeof devices)[0], (typeof devices)[0]];
    using ones = await connect(url, one);
    using twos = await connect(otherUrl, two);
    const pairs = [
      [ones, twos, one, two],
      [twos, ones, two, one],
    ] as const;
    await Promise.all(
      pairs.flatMap(([from, to, sender, recipient]) =>
        [swifty.direct, swifty.topic].map(async (example) => {
          const names = { 'recipient-uuid': recipient.uuid, 'sender-uuid': sender.uuid, 'my-topic': values['my-room'] };
          const text = filled(example, { ...names, 'message-uuid': randomUUID() });
          const { msgid } = JSON.parse(text) as { msgid: string };
          from.send(text);
          await expect(to.waitFor((frame) => frame.msgid === msgid && 'content' in frame)).resolves.toEqual(
            parsed(text),
          );
          await from.waitFor((frame) => frame.msgid === msgid && /^(topic_)?sent$/.test(String(frame.type)));
        }),
      ),
    );
  });

  test('rooms: both say what the README says and get the other’s', async () => {
    const [ada, bob] = [await roomsUser(url, 'testuser'), await roomsUser(url, 'testuser')];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(otherUrl, bob, room);
    for (const socket of [adas, bobs]) {
      socket.send(rooms.typing);
      socket.send(rooms.say);
    }
    for (const [socket, other] of [
      [adas, bob],
      [bobs, ada],
    ] as const) {
      await expect(socket.waitFor('typing')).resolves.toMatchObject({ sender: other.username });
      await expect(socket.waitFor('message')).resolves.toMatchObject({
        sender: other.username,
        message: (parsed(rooms.say) as { content: string }).content,
      });
    }
  });

  test('C7: mesh: two users with the README’s agent id are both registered and see each other', async () => {
    const [one, two] = [await meshUser(url), await meshUser(url)];
    await organizationOf(url, [one, two]);
    const agents = await Promise.all(
      [one, two].map((user, n) =>
        openSocket(`${n ? otherUrl : url}/ws?token=${user.token}`, { first: [mesh.register] }),
      ),
    );
    const answers = await Promise.all(agents.map((socket) => socket.waitFor('register_agent_response')));
    const { agent_id } = parsed(mesh.register) as { agent_id: string };
    // Each learns of the other once: in its answer if the other was registered by then, else by `peer_online`.
    const labels: unknown[] = [];
    for (const [n, other] of [two, one].entries()) {
      const { existing_peers } = answers[n] as unknown as { existing_peers: object[] };
      const online = existing_peers.length === 0 ? await agents[n]?.waitFor('peer_online') : undefined;
      if (online) expect(shapeOf(online)).toEqual(shapeOf(parsed(mesh.online)));
      const announced = agents[n]?.received
        .filter(({ type }) => type === 'peer_online')
        .map(({ peer }) => peer as object);
      const peers = [...existing_peers, ...(announced ?? [])];
      expect(peers).toMatchObject([{ agent_id, user_id: other.id }]);
      labels.push(...peers.map((peer) => (peer as { peer_id: string }).peer_id));
    }
    // Whoever was first has the agent id as its name, the other one of its own.
    expect(labels.filter((label) => label === agent_id)).toHaveLength(1);
    for (const socket of agents) socket.close();
  });

  test('fluent: both write to each other, and both have both messages', async () => {
    const [ada, bob] = [await fluentUser(url), await fluentUser(url)];
    using adas = await openChat(url, ada);
    using bobs = await openChat(otherUrl, bob);
    adas.send(sealed(bob, 'from ada'));
    bobs.send(sealed(ada, 'from bob'));
    for (const [socket, own, other] of [
      [adas, 'ada', 'bob'],
      [bobs, 'bob', 'ada'],
    ] as const) {
      await socket.waitFor(({ content }) => content === `sender:from ${own}`);
      await socket.waitFor(({ content }) => content === `receiver:from ${other}`);
    }
    expect(await messagesOf(url, ada, bob)).toHaveLength(2);
    expect(await messagesOf(otherUrl, bob, ada)).toHaveLength(2);
  });

  test('conversations: both sign in with a form and say what the README says', async () => {
    const [ada, bob] = [await conversationsUser(url, 'testuser'), await conversationsUser(url, 'testuser')];
    const { id } = await newConversation(url, ada, [bob]);
    const sockets = await Promise.all(
      [ada, bob].map(async ({ username, password }, n) => {
        const { access_token } = (await signIn(url, username, password)).body as { access_token: string };
        const socket = await openSocket(`${n ? otherUrl : url}/conversations/${id}/ws?token=${access_token}`);
        await socket.waitFor('connection');
        return socket;
      }),
    );
    for (const socket of sockets) socket.send(conversations.say);
    for (const socket of sockets) {
      for (const { id: sender_id } of [ada, bob]) {
        const received = await socket.waitFor((frame) => frame.type === 'message' && frame.sender_id === sender_id);
        expect(shapeOf(received)).toEqual(shapeOf(parsed(conversations.message)));
      }
      expect(socket.received.filter(({ type }) => type === 'message')).toHaveLength(2);
      socket.close();
    }
  });
});
