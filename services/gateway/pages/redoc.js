import { node } from './chat-node.js';
import { operationEntries, socketEntries } from './redoc-entries.js';

const byId = (id) => document.getElementById(id);

const fetched = async (path) => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
};

const contentsItem = ({ id, badge, label }) => {
  const item = node('li');
  const link = node('a');
  link.href = `#${id}`;
  link.append(node('span', `badge ${badge}`, badge), node('span', 'label', label));
  item.append(link);
  return item;
};

/** One wire: its section on the page and its part of the contents. */
const sectionOf = (tag, entries) => {
  const section = node('section');
  section.id = `wire-${tag.name}`;
  section.append(node('h2', '', tag.description), ...entries.map(({ element }) => element));
  const part = node('details', 'wire');
  const summary = node('summary', '', tag.name);
  const list = node('ul');
  const items = entries.map(contentsItem);
  list.append(...items);
  part.append(summary, list);
  return { section, part, pairs: entries.map((entry, index) => ({ element: entry.element, item: items[index] })) };
};

const filterOn = (sections) => {
  const words = byId('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { section, part, pairs } of sections) {
    let shown = 0;
    for (const { element, item } of pairs) {
      const text = element.textContent.toLowerCase();
      const hidden = !words.every((word) => text.includes(word));
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

const show = async () => {
  const [openApi, asyncApi] = await Promise.all([fetched('/openapi.json'), fetched('/asyncapi.json')]);
  const sections = openApi.tags.map((tag) =>
    sectionOf(tag, [...operationEntries(openApi, tag.name), ...socketEntries(asyncApi, tag.name)]),
  );
  byId('contents').append(...sections.map(({ part }) => part));
  byId('reference').append(...sections.map(({ section }) => section));
  byId('state').remove();
  byId('filter').addEventListener('input', () => filterOn(sections));
  const openPart = () => {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    const holding = sections.find(({ section }) => target && section.contains(target));
    if (holding) holding.part.open = true;
    return target;
  };
  addEventListener('hashchange', openPart);
  openPart()?.scrollIntoView();
};

show().catch((error) => {
  const state = byId('state');
  state.className = 'error';
  state.textContent = `The reference could not be loaded. ${error.message}`;
});
