import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { journey } from './platforms.js';

/** Each step of an example gives up by itself after thirty seconds. */
const withinMs = 120_000;

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

interface Example {
  readonly file: string;
  /** What stands between the program and the url. */
  readonly mode?: string;
  /** Lines or parts of lines that a newcomer gets to see. */
  readonly shows: readonly (string | RegExp)[];
  /** Only standalone has the sample users of the old READMEs. */
  readonly needsSampleData?: true;
}

const examples: readonly Example[] = [
  {
    file: 'swifty/quickstart.sh',
    shows: ['"message":"Registration successful"', '"message":"Topic created successfully"', '"subscriber_count":1'],
  },
  {
    file: 'swifty/client.ts',
    shows: [
      '✓ Bob got the direct message',
      "message: 'Message delivered'",
      '✓ Alice got the confirmation',
      '✓ Alice got the topic message',
      "message: 'Message sent to 1 subscribers'",
    ],
  },
  { file: 'swifty/client.py', shows: ['Recipient received: Hello!'] },
  {
    file: 'swifty/example_client.py',
    mode: 'demo',
    shows: ['Bob received: Hello Bob!', 'Alice got: Message delivered', 'Alice received: Hello Alice!'],
  },
  {
    file: 'rooms/quickstart.sh',
    shows: ['"message":"User registered successfully"', '"token_type":"bearer"', '{"status":"healthy"}'],
  },
  {
    file: 'rooms/client.ts',
    shows: ['✓ user2 saw that user1 types', '✓ user2 received the message', '✓ the history has the message'],
  },
  {
    file: 'rooms/sample-data.ts',
    needsSampleData: true,
    shows: ['✓ admin can log in', '✓ user2 can log in', '✓ there are the rooms General, Random, Tech Talk'],
  },
  {
    file: 'rooms/Client.swift',
    shows: ['✓ both are in the room', '✓ user2 received the message', '✓ the history has the message'],
  },
  {
    file: 'mesh/quickstart.sh',
    shows: ['"subnet":"10.0.0.0/24"', '"virtual_ip":"10.0.0.1"'],
  },
  {
    file: 'mesh/client.ts',
    shows: [
      'Virtual IP: 10.0.0.1',
      '✓ the first agent is registered',
      '✓ it received that the second is online',
      '✓ it received that the second is offline',
    ],
  },
  {
    file: 'mesh/client.py',
    shows: ['Registered! Virtual IP: 10.0.0.1', 'New peer online: python-agent-002', '  - Peer: python-agent-001'],
  },
  {
    file: 'fluent/quickstart.sh',
    shows: ['"token_type":"Bearer"', /"user_name":"bob-\w+","public_key":"key of Bob"/],
  },
  {
    file: 'fluent/client.ts',
    shows: [
      '✓ Bob read his own words from the echo',
      '✓ Alice read what was stored for her',
      '✓ Bob read her answer in real time',
      '✓ nothing is stored but what they encrypted',
    ],
  },
  {
    file: 'conversations/quickstart.sh',
    needsSampleData: true,
    shows: ['"title":"My Conversation"', '"content":"Your message here"'],
  },
  {
    file: 'conversations/client.ts',
    needsSampleData: true,
    shows: ['Connection confirmed:', 'From: testuser', '✓ testuser2 got it too', '✓ testuser2 saw testuser leave'],
  },
  {
    file: 'conversations/client.py',
    needsSampleData: true,
    shows: ['"status":"connected"', "'content': 'Hello from Python!"],
  },
  { file: 'v1/quickstart.sh', shows: ['"repeated":false', '"repeated":true', '"head":1'] },
  {
    file: 'v1/client.ts',
    shows: [
      '✓ Bob received the message in the room',
      '✓ Bob received the direct message',
      '✓ Ada knows that hers is kept',
    ],
  },
  {
    file: 'v1/raw-socket.ts',
    shows: ['✓ the socket is open', '✓ the message is kept', '✓ what was missed came after coming back'],
  },
];

const works = (program: string, ...args: string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
};

const swift =
  process.platform !== 'darwin'
    ? 'its Combine is on macOS only'
    : works('swiftc', '--version')
      ? undefined
      : 'there is no swiftc';

/** Why the examples in a language cannot run on this machine, where they cannot. */
const missing: Readonly<Record<string, string | undefined>> = {
  '.py': works('python3', '-c', 'import requests, websockets')
    ? undefined
    : 'python3 has no modules requests and websockets',
  '.sh': works('curl', '--version') ? undefined : 'there is no curl',
  '.swift': swift,
};

const run = (program: string, ...args: string[]) =>
  new Promise<{ code: unknown; out: string; err: string }>((resolve) =>
    execFile(program, args, { timeout: withinMs }, (error, out, err) => resolve({ code: error?.code ?? 0, out, err })),
  );

const start = async ({ file, mode }: Example, url: string) => {
  // `npm ci` compiles those in TypeScript.
  const path = file.endsWith('.ts') ? join(folder, 'dist', file.replace(/ts$/, 'js')) : join(folder, file);
  const args = [...(mode === undefined ? [] : [mode]), url];
  const programs: Readonly<Record<string, string[]>> = {
    '.ts': [process.execPath],
    '.sh': ['sh'],
    // Without leaving what it compiled beside the examples.
    '.py': ['python3', '-B'],
  };
  const [program, ...options] = programs[extname(file)] ?? [];
  if (program !== undefined) return run(program, ...options, path, ...args);
  const built = mkdtempSync(join(tmpdir(), 'parley-example-'));
  try {
    const compiled = await run('swiftc', '-parse-as-library', path, '-o', join(built, 'client'));
    return compiled.code === 0 ? await run(join(built, 'client'), ...args) : compiled;
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
};

/** A URL at which nobody answers. */
const nobodyAt = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
};

const reasonToSkip = ({ file }: Example): string | undefined => missing[extname(file)];
const nameOf = (example: Example): string => {
  const reason = reasonToSkip(example);
  return reason === undefined ? example.file : `${example.file} (left out: ${reason})`;
};

// A newcomer runs them after `npm start`. On two of everything run those that keep a socket, whose frames take other ways there.
journey('examples that newcomers run', ({ form, url, otherUrl }) => {
  const here = examples.filter(
    ({ file, needsSampleData }) => form === 'standalone' || (file.endsWith('.ts') && !needsSampleData),
  );
  for (const example of here) {
    const skipped = reasonToSkip(example) !== undefined;
    const options = { timeout: withinMs, concurrent: true };
    test.skipIf(skipped)(`${nameOf(example)} shows it to two at once`, options, async ({ expect }) => {
      for (const { code, out, err } of await Promise.all([url, otherUrl].map((at) => start(example, at)))) {
        expect({ code, err }, out).toEqual({ code: 0, err: '' });
        for (const shown of example.shows) expect(out).toMatch(shown);
      }
    });
  }
});

describe('examples', () => {
  test.concurrent.each(examples.filter((example) => reasonToSkip(example) === undefined))(
    '$file says in a sentence that nobody answers, and ends with 1',
    { timeout: withinMs },
    async (example) => {
      const url = await nobodyAt();
      const { code, err } = await start(example, url);
      expect(code, err).toBe(1);
      const [sentence = ''] = err.trim().split('\n').slice(-1);
      expect(sentence).toContain(url);
      expect(err).not.toMatch(/^ {1,8}at |Traceback/m);
    },
  );

  test('each file is run here and listed for newcomers', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => !path.startsWith('dist/') && /^\w+\/[^/]+\.(ts|sh|py|swift)$/.test(path));
    expect(files.sort()).toEqual(examples.map(({ file }) => file).sort());
    for (const file of files) expect(readme).toContain(`](${file})`);
  });
});
