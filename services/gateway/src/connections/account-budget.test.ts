import { expect, test } from 'vitest';
import { TokenBuckets } from '../limits/request-budgets.js';
import { givenRealtime } from '../testing/fixtures.js';

test('all connections of an account and its other requests share one budget; another account has its own', async () => {
  const accountBudget = new TokenBuckets({ perSecond: 0.001, burst: 10 });
  await using given = await givenRealtime({ accountBudget });
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  const [one, other] = [await given.connect(ada.token), await given.connect(ada.token)];
  for (let n = 0; n < 4; n += 1) {
    one.send({ type: 'answer', frame: `{"n":${n}}` });
    other.send({ type: 'answer', frame: `{"n":${n}}` });
  }
  for (const socket of [one, other]) await socket.waitFor((frame) => frame.n === 3);
  // As two REST calls would.
  expect([accountBudget.take(ada.id), accountBudget.take(ada.id)]).toEqual([null, null]);
  other.send({ type: 'answer', frame: '{"n":99}' });
  const refused = await other.waitFor((frame) => frame.fault === 'rate_limited');
  expect(refused.retryAfterMs).toBeGreaterThan(0);
  const his = await given.connect(bob.token);
  his.send({ type: 'answer', frame: '{"n":1}' });
  await his.waitFor((frame) => frame.n === 1);
});
