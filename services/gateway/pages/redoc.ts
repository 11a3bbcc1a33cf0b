import { node } from './chat-node.js';
import { type AsyncApi, type Entry, type OpenApi, operationEntries, socketEntries } from './redoc-entries.js';

/** An entry on the page and in the contents. */
interface Pair {
  readonly element: HTMLElement;
  readonly item: HTMLElement;
}

interface Section {
  readonly section: HTMLElement;
  readonly part: HTMLDetailsElement;
  readonly pairs: readonly Pair[];
}

const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`This page has no ${id}`);
  return found;
};

const fetched = async <Document>(path: string): Promise<Document> => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as Document;
};

const contentsItem = ({ id, badge, label }: Entry): HTMLElement => {
  const item = node('li');
  const link = node('a');
  link.href = `#${id}`;
  link.append(node('span', `badge ${badge}`, badge), node('span', 'label', label));
  item.append(link);
  return item;
};

/** One dialect: its section on the page and its part of the contents. */
const sectionOf = (tag: OpenApi['tags'][number], entries: readonly Entry[]): Section => {
  const section = node('section');
  section.id = `wire-${tag.name}`;
  section.append(node('h2', '', tag.description), ...entries.map(({ element }) => element));
  const part = node('details', 'wire');
  const summary = node('summary', '', tag.name);
  const list = node('ul');
  const pairs = entries.map((entry) => ({ element: entry.element, item: contentsItem(entry) }));
  list.append(...pairs.map(({ item }) => item));
  part.append(summary, list);
  return { section, part, pairs };
};

const filterOn = (text: string, sections: readonly Section[]): void => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { section, part, pairs } of sections) {
    let shown = 0;
    for (const { element, item } of pairs) {
      const content = element.textContent.toLowerCase();
      const hidden = !words.every((word) => content.includes(word));
      element.hidden = hidden;
      item.hidden = hidden;
      if (!hidden) shown++;
    }
    section.hidden = shown === 0;
    part.hidden = shown === 0;
    if (words.length > 0) part.open = shown > 0;
    found += shown;
  }
  byId('found').textContent = words.length === 0 ? '' : `${found} found`;
};

const show = async (): Promise<void> => {
  const [openApi, asyncApi] = await Promise.all([
    fetched<OpenApi>('/openapi.json'),
    fetched<AsyncApi>('/asyncapi.json'),
  ]);
  const sections = openApi.tags.map((tag) =>
    sectionOf(tag, [...operationEntries(openApi, tag.name), ...socketEntries(asyncApi, tag.name)]),
  );
  byId('contents').append(...sections.map(({ part }) => part));
  byId('reference').append(...sections.map(({ section }) => section));
  byId('state').remove();
  const filter = byId('filter');
  if (filter instanceof HTMLInputElement) filter.oninput = () => filterOn(filter.value, sections);
  const openPart = (): HTMLElement | null => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const holding = sections.find(({ section }) => target && section.contains(target));
    if (holding) holding.part.open = true;
    return target;
  };
  addEventListener('hashchange', openPart);
  openPart()?.scrollIntoView();
};

show().catch((error: Error) => {
  const state = byId('state');
  state.className = 'error';
  state.textContent = `The reference could not be loaded. ${error.message}`;
});
