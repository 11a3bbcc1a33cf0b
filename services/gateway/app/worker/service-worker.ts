// Keeps the files of the application, so that it opens without a network. What people wrote is kept by the application itself
// (src/offline), never here: requests to the API pass untouched.

/** Filled in by the bundler: a name for this build, and the paths of its files. */
declare const buildId: string;
declare const buildFiles: readonly string[];

// The types of workers do not know of which kind this one is.
const worker = self as unknown as ServiceWorkerGlobalScope;
const cacheName = `parley-app-${buildId}`;
const page = '/app/';

const install = async (): Promise<void> => {
  const cache = await caches.open(cacheName);
  await cache.addAll([page, ...buildFiles].map((path) => new Request(path, { cache: 'reload' })));
};

const removeOtherBuilds = async (): Promise<void> => {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith('parley-app-') && name !== cacheName);
  await Promise.all(others.map((name) => caches.delete(name)));
};

/** The page itself comes from the server while there is one, so that an upgrade is seen at the next visit. */
const pageFromNetwork = async (request: Request): Promise<Response> => {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(4_000) });
    if (response.ok) return response;
  } catch {
    // No network: the kept page follows.
  }
  return (await caches.match(page)) ?? Response.error();
};

const fileFromCache = async (request: Request): Promise<Response> => (await caches.match(request)) ?? fetch(request);

worker.addEventListener('install', (event) => {
  event.waitUntil(install().then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(removeOtherBuilds().then(() => worker.clients.claim()));
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin || !url.pathname.startsWith(page)) return;
  event.respondWith(request.mode === 'navigate' ? pageFromNetwork(request) : fileFromCache(request));
});
