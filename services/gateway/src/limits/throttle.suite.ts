import { randomInt, randomUUID } from 'node:crypto';
import { Fault } from '@parley/contracts';
import { expect, test, vi } from 'vitest';
import type { SignInAttempt, Throttle, ThrottleLimits } from './throttle.js';

const wrong = (): Promise<never> => Promise.reject(new Fault('unauthenticated', 'wrong_credentials', 'No'));
const right = (): Promise<string> => Promise.resolve('grant');
const limited = expect.objectContaining({ code: 'rate_limited', reason: 'too_many_failures' });

/** An address that no other test has. */
export const anyAddress = (): string =>
  `2001:db8:${randomInt(0x10000).toString(16)}:${randomInt(0x10000).toString(16)}::1`;

/** The guarantees of every throttle, wherever it counts. Each test has names and addresses of its own. */
export const throttleCases = (create: (limits?: Partial<ThrottleLimits>) => Throttle): void => {
  const someone = (): SignInAttempt => ({ realm: 'rooms', login: `Ada-${randomUUID()}`, address: anyAddress() });
  const failTimes = async (throttle: Throttle, times: number, who: () => SignInAttempt): Promise<void> => {
    for (let n = 0; n < times; n += 1) {
      await expect(throttle.guardSignIn(who(), wrong)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  };

  test('after ten failures of a name from a network not even the right password is looked at from there', async () => {
    const throttle = create();
    const who = someone();
    await failTimes(throttle, 10, () => who);
    const attempt = vi.fn(right);
    const refused = throttle.guardSignIn(who, attempt);
    await expect(refused).rejects.toEqual(limited);
    const fault = await refused.catch((error: unknown) => error as Fault);
    expect((fault as Fault).retryAfterMs).toBeGreaterThan(14 * 60_000);
    expect(attempt).not.toHaveBeenCalled();
  });

  test('a network that did not guess signs in, whatever others guessed', async () => {
    const throttle = create();
    const who = someone();
    const four = Array.from({ length: 4 }, anyAddress);
    const guesses = Array.from({ length: 230 }, (_, index) => ({ ...who, address: four[index % 4] ?? '' }));
    const outcomes = await Promise.allSettled(guesses.map((guess) => throttle.guardSignIn(guess, wrong)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(throttle.guardSignIn(who, right)).resolves.toBe('grant');
  });

  test('a name has a limit for all networks together, which one that signed in before passes', async () => {
    const throttle = create({ failuresPerLogin: 20 });
    const who = someone();
    await throttle.guardSignIn(who, right);
    await failTimes(throttle, 20, () => ({ ...who, address: anyAddress() }));
    await expect(throttle.guardSignIn({ ...who, address: anyAddress() }, right)).rejects.toEqual(limited);
    await expect(throttle.guardSignIn(who, right)).resolves.toBe('grant');
    await failTimes(throttle, 10, () => who);
    await expect(throttle.guardSignIn(who, right)).rejects.toEqual(limited);
  });

  test('a name is the same in any case, and another realm’s is another', async () => {
    const throttle = create();
    const who = someone();
    await failTimes(throttle, 10, () => who);
    await expect(throttle.guardSignIn({ ...who, login: who.login.toUpperCase() }, right)).rejects.toEqual(limited);
    await expect(throttle.guardSignIn({ ...who, realm: 'main' }, right)).resolves.toBe('grant');
  });

  test('after a hundred failures of an address it is refused for every name; others are not', async () => {
    const throttle = create();
    const { address } = someone();
    await failTimes(throttle, 100, () => ({ ...someone(), address }));
    await expect(throttle.guardSignIn({ ...someone(), address }, right)).rejects.toEqual(limited);
    await expect(throttle.guardSignIn(someone(), right)).resolves.toBe('grant');
  });

  test('successes and failures of other kinds cost nothing: 200 sign-ins at once from one address', async () => {
    const throttle = create();
    const { address } = someone();
    await Promise.all(Array.from({ length: 200 }, () => throttle.guardSignIn({ ...someone(), address }, right)));
    const down = (): Promise<never> => Promise.reject(new Fault('unavailable', 'bus_down', 'No'));
    const who = { ...someone(), address };
    for (let n = 0; n < 20; n += 1) {
      await expect(throttle.guardSignIn(who, down)).rejects.toMatchObject({ code: 'unavailable' });
    }
    await Promise.all(Array.from({ length: 30 }, () => throttle.guardSignIn(who, right)));
  });

  test('a burst of guesses does not get more attempts than one after another', async () => {
    const throttle = create();
    const who = someone();
    const attempt = vi.fn(wrong);
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => throttle.guardSignIn(who, attempt)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(attempt.mock.calls.length).toBeLessThanOrEqual(19);
  });

  test('accounts are made up to a number per network of an address', async () => {
    const throttle = create({ registrationsPerAddress: 3 });
    const { address } = someone();
    for (const host of ['1', '2', 'ffff:3']) await throttle.admitRegistration(address.replace(/1$/, host));
    await expect(throttle.admitRegistration(`[${address.replace(/1$/, '4')}]:443`)).rejects.toMatchObject({
      code: 'rate_limited',
      reason: 'too_many_accounts',
    });
    await throttle.admitRegistration(someone().address);
  });

  test('an address counts as its network, in every spelling; what is no address counts as one', async () => {
    const throttle = create({ failuresPerAddress: 1 });
    const group = randomInt(0x10000).toString(16);
    const ipv4 = `198.51.100.${randomInt(256)}`;
    const same: [string, string][] = [
      [`2001:db8:1:${group}::1`, `[2001:DB8:1:${group}:ffff::9%eth0]:443`],
      [`::ffff:${ipv4}`, `${ipv4}:40001`],
      ['no address', 'another one'],
    ];
    for (const [address, spelling] of same) {
      await failTimes(throttle, 1, () => ({ ...someone(), address }));
      await expect(throttle.guardSignIn({ ...someone(), address: spelling }, right)).rejects.toEqual(limited);
    }
    await expect(throttle.guardSignIn({ ...someone(), address: `2001:db8:2:${group}::1` }, right)).resolves.toBe(
      'grant',
    );
  });
};
