// npm run docs:variables: writes the tables of docs/configuration.md from the schemas that read the variables, as they are built.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BusVariables, MigrationVariables, ServiceVariables } from '@parley/process';
import { format, resolveConfig } from 'prettier';
import { AuthConfig } from '../services/auth/dist/src/config.js';
import { ChatConfig } from '../services/chat/dist/src/config.js';
import { GatewayConfig } from '../services/gateway/dist/src/config.js';
import { SignalingConfig } from '../services/signaling/dist/src/config.js';
import { StandaloneConfig } from '../services/standalone/dist/src/config.js';
import { TopicsConfig } from '../services/topics/dist/src/config.js';
import { readCommandLine } from './command-line.js';
import { sectionsOf, writeTables } from './variable-tables.js';

readCommandLine({
  command: 'npm run docs:variables --',
  about:
    'Writes the tables of docs/configuration.md from the descriptions and defaults in the schemas of the services.',
});

const file = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));
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
