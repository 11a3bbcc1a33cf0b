export { type FakeClock, fakeClock } from './clock.js';
export { type FreshDatabase, type SchemaOptions, freshDatabase, freshDatabases } from './database.js';
export { eventually } from './eventually.js';
export type { RunningServer } from './server-process.js';
export { type ServerUrls, servers, startNats, startPostgres, startRedis } from './servers.js';
export { serviceProcess, type ServiceName, type ServiceOptions, type ServiceProcess } from './service-process.js';
export { startStack, stackServices, type Stack, type StackOptions, type StackService } from './stack.js';
export { platformForms, startPlatform, type Platform, type PlatformForm } from './platform.js';
export { openSocket, type Frame, type OpenOptions, type TestSocket } from './socket-client.js';
