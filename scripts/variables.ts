// npm run docs:variables: writes the tables of docs/configuration.md from the schemas that read the variables, as they are built.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuthConfig } from '@parley/auth';
import { ChatConfig } from '@parley/chat';
import { GatewayConfig } from '@parley/gateway';
import { BusVariables, MigrationVariables, ServiceVariables } from '@parley/process';
import { SignalingConfig } from '@parley/signaling';
import { StandaloneConfig } from '@parley/standalone';
import { TopicsConfig } from '@parley/topics';
import { format, resolveConfig } from 'prettier';
import { readCommandLine } from './command-line.js';
import { root } from './repository.js';
import { sectionsOf, writeTables } from './variable-tables.js';

readCommandLine({
  command: 'npm run docs:variables --',
  about:
    'Writes the tables of docs/configuration.md from the descriptions and defaults in the schemas of the services.',
});

const file = join(root, 'docs/configuration.md');
const sections = sectionsOf({
  BusVariables,
  ServiceVariables,
  AuthConfig,
  TopicsConfig,
  ChatConfig,
  SignalingConfig,
  MigrationVariables,
  GatewayConfig,
  StandaloneConfig,
});
const text = writeTables(readFileSync(file, 'utf8'), sections);
writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
