import { runService } from '@parley/process';
import { TopicsConfig } from './config.js';
import { startTopics } from './service.js';

await runService({
  name: 'topics',
  environment: process.env,
  config: TopicsConfig,
  start: startTopics,
});
