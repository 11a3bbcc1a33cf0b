// Wrong settings of `npm run stack`: it loads the services, which read them, and starts none.
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { refused, run } from './run-script.js';

test('the stack says what is wrong with its settings before it starts a server', async () => {
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const port = String((taken.address() as AddressInfo).port);
  const said = async (environment: Readonly<Record<string, string>>, words: readonly string[] = []) =>
    refused(await run('stack', words, environment));
  try {
    expect(await said({}, ['--port', port])).toMatch(/^PORT: another process already listens on port \d+/);
    expect(await said({ PORT: port })).toMatch(/^PORT: another process already listens on port \d+/);
    expect(await said({}, ['--host', '192.0.2.1'])).toMatch(/^HOST: 192\.0\.2\.1 is not an address of this machine/);
    expect(await said({ PORT: 'x' })).toMatch(/PORT: is not usable; expected a whole number/);
    expect(await said({ PARLEY_HASHES_AT_ONCE: 'x' })).toMatch(/PARLEY_HASHES_AT_ONCE: is not usable/);
    const { err } = await run('stack', [], { PORT: port, PARLEY_HASHES_AT_ONC: '2', PARLEY_FOLDER: 'x' });
    expect(err.split('\n')).toEqual([
      'PARLEY_HASHES_AT_ONC is not a variable of Parley and has no effect; did you mean PARLEY_HASHES_AT_ONCE?',
      expect.stringMatching(/^PORT: another process/),
    ]);
  } finally {
    taken.close();
  }
});
