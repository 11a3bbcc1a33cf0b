// A process with v1 sockets that receive one channel; commanded by the proof that started it.
import type { TestSocket } from '@parley/testing';
import { v1Socket } from '../../clients/v1.js';
import type { Command, Commands, Reply } from './commands.js';

interface Created {
  readonly method: string;
  readonly params: { readonly message: { readonly sequence: number; readonly content: { readonly text: string } } };
}

const sockets: TestSocket[] = [];
let latencies: number[] = [];
let sequences: number[][] = [];

const commands: Commands = {
  async open({ url, channelId, token, count }) {
    for (let n = 0; n < count; n += 1) {
      const opened = await v1Socket(url, token);
      opened.send({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId } });
      await opened.waitFor((frame) => frame.id === 1);
      // From here on only numbers are kept.
      opened.socket.removeAllListeners('message');
      const index = sockets.push(opened) - 1;
      sequences[index] = [];
      opened.socket.on('message', (data: Buffer) => {
        const { method, params } = JSON.parse(data.toString()) as Created;
        if (method !== 'message.created') return;
        latencies.push(Date.now() - Number(params.message.content.text.split(' ', 1)[0]));
        sequences[index]?.push(params.message.sequence);
      });
    }
  },
  begin() {
    latencies = [];
    sequences = sockets.map(() => []);
  },
  end() {
    const follows = (own: readonly number[]): boolean =>
      own.every((each, n) => n === 0 || each === (own[n - 1] ?? 0) + 1);
    return { latencies, missed: sequences.filter((own) => !follows(own)).length };
  },
  stall() {
    for (const { socket } of sockets) socket.pause();
  },
  resume() {
    for (const { socket } of sockets) socket.resume();
    return Promise.all(sockets.map(async ({ closed }) => (await closed).code));
  },
};

const run = ({ name, args }: Command): unknown => (name === 'open' ? commands.open(...args) : commands[name]());

process.on('message', (command: Command) => {
  void Promise.resolve(run(command)).then((value) => process.send?.({ name: command.name, value } satisfies Reply));
});
process.on('disconnect', () => process.exit(0));
