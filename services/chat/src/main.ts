import { runService } from '@parley/process';
import { ChatConfig } from './config.js';
import { startChat } from './service.js';

await runService({
  name: 'chat',
  environment: process.env,
  config: ChatConfig,
  start: startChat,
});
