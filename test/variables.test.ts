// The list of every variable that libs/runtime knows by name is what the parts read.
import { parleyVariables } from '@parley/runtime';
import { MigrationVariables, ServiceVariables } from '@parley/process';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { AuthConfig } from '../services/auth/src/config.js';
import { ChatConfig } from '../services/chat/src/config.js';
import { GatewayConfig } from '../services/gateway/src/config.js';
import { SignalingConfig } from '../services/signaling/src/config.js';
import { StandaloneConfig } from '../services/standalone/src/config.js';
import { TopicsConfig } from '../services/topics/src/config.js';

const namesOf = (config: z.ZodObject | z.ZodPipe<z.ZodObject>): string[] =>
  Object.keys(('shape' in config ? config : config.in).shape);

test('every variable of every part is known, and no other', () => {
  const schemas = [AuthConfig, TopicsConfig, ChatConfig, SignalingConfig, GatewayConfig] as z.ZodPipe<z.ZodObject>[];
  const read = [
    ...schemas.flatMap(namesOf),
    ...[MigrationVariables, ServiceVariables, StandaloneConfig].flatMap(namesOf),
  ];
  const own = [...new Set(read)].filter((name) => name.startsWith('PARLEY_')).sort();
  expect(parleyVariables).toEqual(own);
});
