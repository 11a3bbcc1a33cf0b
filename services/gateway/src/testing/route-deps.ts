import { inProcessBus } from '@parley/bus';
import { Fault } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { presenceInProcess } from '../connections/index.js';
import { coreOver } from '../core.js';
import { mountsOf } from '../dialects/registry.js';
import type { Mount } from '../dialects/registry.js';
import type { RestDeps } from '../protocol/rest-deps.js';

const core = coreOver(inProcessBus({ log: createLog({ service: 'test', level: 'silent' }) }));

/** Every dialect, in a realm of its own. */
export const allMounts = mountsOf({ dialectRealms: {}, v1Realms: [] });

/** Dependencies of routes whose handlers need not succeed: no service answers, and nobody is signed in. */
export const routeDepsOf = ({ dialect, realm, allowedRealms }: Mount): RestDeps => ({
  core,
  execute: () => Promise.reject(new Fault('unavailable', 'no_responders', 'No service answers')),
  realm,
  allowedRealms,
  anonymous: { kind: 'anonymous', realm, dialect: dialect.name },
  system: { kind: 'system', realm, service: 'gateway' },
  authentication: {
    authenticate: () => Promise.reject(new Error('Not in this test')),
    authenticateToken: () => Promise.reject(new Error('Not in this test')),
    guardSignIn: (_request, _login, attempt) => attempt(),
  },
  presence: { ...presenceInProcess(), ofChannel: () => Promise.reject(new Error('Not in this test')) },
});
