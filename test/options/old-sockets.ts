import jwt from 'jsonwebtoken';
import { conversationsUser, join, newConversation } from '../clients/conversations.js';
import { chatSocket, fluentUser, sealed } from '../clients/fluent.js';
import { connect as meshSocket, meshUser, organizationOf, registerFrame } from '../clients/mesh.js';
import { unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { aDevice, connect, direct } from '../clients/swifty.js';

export const minuteMs = 60_000;
export const livesOf = (token: string): number => {
  const { exp, iat } = jwt.decode(token) as { exp: number; iat: number };
  return (exp - iat) / 60;
};

/** An open socket of each old wire, and the token of its user. */
export const oneOfEach = async (url: string) => {
  const [device, roomer, agent, writer, ada] = await Promise.all([
    aDevice(url),
    roomsUser(url),
    meshUser(url),
    conversationsUser(url),
    fluentUser(url),
  ]);
  await organizationOf(url, [agent]);
  const room = await newRoom(url, roomer);
  const conversation = await newConversation(url, writer, [writer]);
  const [swifty, rooms, mesh, fluent, conversations] = await Promise.all([
    connect(url, device),
    enter(url, roomer, room),
    meshSocket(url, agent),
    chatSocket(url, ada),
    join(url, writer, conversation),
  ]);
  /** Each of them is received, and says so. */
  const works = async (): Promise<void> => {
    swifty.send(direct(device, device));
    await swifty.waitFor('sent');
    rooms.send('{');
    await rooms.waitFor('error');
    mesh.send(registerFrame(unique('agent')));
    await mesh.waitFor('register_agent_response');
    fluent.send(sealed(ada, 'x'));
    await fluent.waitFor(({ content }) => content === 'sender:x');
    conversations.send({ content: 'x' });
    await conversations.waitFor('message');
  };
  return { sockets: { swifty, rooms, mesh, fluent, conversations }, device, roomer, agent, ada, writer, works };
};
