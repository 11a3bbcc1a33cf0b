import { State } from './state.js';

/** What is beside the conversation. */
export type Panel =
  { readonly name: 'thread'; readonly rootId: string } | { readonly name: 'pins' } | { readonly name: 'members' };

/** What the address says is open. */
export type Route =
  | { readonly name: 'home' }
  | { readonly name: 'mentions' }
  | { readonly name: 'channel'; readonly channelId: string; readonly panel: Panel | null };

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const base = '/app/';

const panelOf = (name: string | undefined, id: string | undefined): Panel | null => {
  if (name === 'thread' && id !== undefined && uuid.test(id)) return { name, rootId: id };
  return name === 'pins' || name === 'members' ? { name } : null;
};

/** The route of a path; `home` for one that means nothing. */
export const parseRoute = (path: string): Route => {
  if (!path.startsWith(base)) return { name: 'home' };
  const [first, channelId, panel, id] = path.slice(base.length).split('/');
  if (first === 'mentions') return { name: 'mentions' };
  if (first !== 'channels' || channelId === undefined || !uuid.test(channelId)) return { name: 'home' };
  return { name: 'channel', channelId, panel: panelOf(panel, id) };
};

export const pathOf = (route: Route): string => {
  if (route.name === 'home') return base;
  if (route.name === 'mentions') return `${base}mentions`;
  const { channelId, panel } = route;
  const rest = panel === null ? '' : panel.name === 'thread' ? `/thread/${panel.rootId}` : `/${panel.name}`;
  return `${base}channels/${channelId}${rest}`;
};

export const route = new State<Route>({ name: 'home' });

/** Opens a route and adds it to the history of the browser, or replaces the current entry there. */
export const go = (to: Route, how: 'push' | 'replace' = 'push'): void => {
  const path = pathOf(to);
  if (path === location.pathname) return;
  if (how === 'push') history.pushState(null, '', path);
  else history.replaceState(null, '', path);
  route.set(to);
};

/** Follows the address. */
export const followAddress = (): void => {
  route.set(parseRoute(location.pathname));
  addEventListener('popstate', () => route.set(parseRoute(location.pathname)));
};

export const openChannel = (channelId: string): void => go({ name: 'channel', channelId, panel: null });

/** Opens or closes the panel beside the open channel. */
export const openPanel = (panel: Panel | null): void => {
  if (route.value.name === 'channel') go({ ...route.value, panel });
};
