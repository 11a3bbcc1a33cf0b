// Hostile clients and a hostile process on the bus, against a stack with two of everything: none stops a gateway, none keeps another
// client out, none is taken for another account or another service. `--only name,name` runs some of the attacks.
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack } from '@parley/testing';
import pg from 'pg';
import * as bus from './attack/bus.js';
import * as forgery from './attack/bus-forgery.js';
import * as devices from './attack/devices.js';
import * as floods from './attack/floods.js';
import { watchGateways } from './attack/gateways.js';
import * as impersonation from './attack/impersonation.js';
import * as resources from './attack/resources.js';
import type { Attack, Sql } from './attack/setup.js';
import { afterwards, prove } from './proof/cleanup.js';
import { figure, finish } from './proof/figures.js';
import { readOptions, text } from './proof/options.js';
import { at } from './proof/random.js';

const { values } = readOptions({ only: text('<name,…>', 'some attacks: exported functions of test/system/attack/') });
const all = { ...resources, ...floods, ...impersonation, ...bus, ...forgery, ...devices };
const attacks = new Map<string, Attack>(Object.entries(all));
const names = values.only?.split(',') ?? [...attacks.keys()];

await prove(
  async () => {
    const stack = await startStack({
      environment: { PARLEY_TRUSTED_PROXIES: '127.0.0.1' },
      scale: { auth: 2, topics: 2, chat: 2, signaling: 2, gateway: 2 },
    });
    afterwards(() => stack.stop());
    const database = new pg.Pool({ connectionString: stack.databaseUrl, max: 2 });
    afterwards(() => database.end());
    const gateways = watchGateways(stack);
    afterwards(() => gateways.stop());
    // Each attack knows the columns that it selects.
    const sql: Sql = async <Row>(query: string, parameters: readonly unknown[] = []) =>
      (await database.query(query, [...parameters])).rows as Row[];
    await sleep(2_000);
    const { longest } = await gateways.take();
    figure('longest stall of /health with nothing to do', longest, 'ms');
    for (const name of names) {
      console.log(`\n  ${name}`);
      const attack = attacks.get(name);
      if (!attack) throw new Error(`There is no attack ${name}; there are ${[...attacks.keys()].join(', ')}`);
      await attack({ stack, url: at(stack.urls, 0), otherUrl: at(stack.urls, 1), gateways, sql });
    }
  },
  { withinMs: 900_000 },
);
finish();
