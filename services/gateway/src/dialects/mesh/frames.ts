import { Fault } from '@parley/contracts';
import { z } from 'zod';
import type { ClientFrames } from '../../protocol/client-frames.js';
import type { Command } from '../../protocol/command.js';
import { parseInput } from '../../protocol/input-issues.js';
import { Register } from './shapes.js';

/** `Register` as clients should send it; what JSON Schema cannot express (an empty text counts as missing) is left out. */
const RegisterFrame = z.object({
  type: z.literal('register'),
  agent_id: z.string().nullish(),
  public_ip: z.string(),
  public_port: z.union([z.int(), z.string()]),
  relay_ip: z.string().nullish(),
  relay_port: z.union([z.int(), z.string()]).nullish(),
});

/** By the `type` of the frame. */
export const frames = {
  register: {
    summary: 'Register this agent and its endpoint',
    schema: RegisterFrame,
    example: {
      type: 'register',
      agent_id: 'peer-device-001',
      public_ip: '203.0.113.1',
      public_port: 50000,
      relay_ip: '203.0.113.10',
      relay_port: 50001,
    },
    decode: (fields) => ({ command: registerCommand(fields), requestId: undefined }),
  },
} satisfies ClientFrames<Record<string, unknown>>;

const registerCommand = (message: Record<string, unknown>): Command => {
  // The old server treated falsy values as missing: port 0 and empty text too.
  if (!message.public_ip || !message.public_port) {
    throw new Fault('invalid', 'reach_missing', 'public_ip and public_port are required');
  }
  const register = parseInput(Register, message);
  if (!register.success) {
    const [issue] = register.issues;
    throw new Fault('invalid', 'bad_reach', `${issue?.path.join('.')}: ${issue?.message ?? 'Is not valid'}`);
  }
  const { agent_id, public_ip, public_port, relay_ip, relay_port } = register.data;
  return {
    type: 'peer.register',
    agentId: agent_id,
    reach: { publicAddress: public_ip, publicPort: public_port, relayAddress: relay_ip, relayPort: relay_port },
  };
};
