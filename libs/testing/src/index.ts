export { type Certificate, type Certificates, makeCertificates } from './certificates.js';
export { type FakeClock, fakeClock } from './clock.js';
export { type FreshDatabase, type SchemaOptions, freshDatabase, freshDatabases } from './database.js';
export { droppingBus } from './dropping-bus.js';
export { type InOneProcess, type InOneProcessOptions, startInOneProcess } from './in-one-process.js';
export { type InterceptingOptions, type Interceptor, type ServedCall, interceptingBus } from './intercepting-bus.js';
export { freshServiceDatabase, type Owners, type OwnersOptions, startAuthAndTopics, startOwners } from './owners.js';
export { chromiumArguments, findChromium, noChromium } from './chromium.js';
export { eventually } from './eventually.js';
export { freePort } from './free-port.js';
export { lengthenChannel } from './long-channel.js';
export { default as startSharedServers } from './global-setup.js';
export { type RunningServer, runServer, type ServerKind } from './server-process.js';
export {
  type NatsWithUsers,
  postgresPrograms,
  serverBinaries,
  type ServerUrls,
  servers,
  startNats,
  startNatsWithConfig,
  startNatsWithUsers,
  startPostgres,
  startRedis,
  startRedisWithConfig,
} from './servers.js';
export { serviceCommand, type ServiceName } from './service-command.js';
export { serviceProcess, type ServiceOptions, type ServiceProcess } from './service-process.js';
export { prepareServiceDatabases } from './service-databases.js';
export { startStack, stackServices, type Stack, type StackOptions, type StackService } from './stack.js';
export { platformForms, startPlatform, startStandalone, type Platform, type PlatformForm } from './platform.js';
export { openSocket, type Frame, type OpenOptions, type TestSocket } from './socket-client.js';
export { collectedSpans, startCollector, type CollectedSpan, type Collector } from './collector.js';
export { spansOfProtobuf } from './otlp.js';
export type { ServerTls } from './server-tls.js';
