/** Text that is JSON already; `jsonOf` inserts it as it is. Node 20 has no `JSON.rawJSON`. */
export class JsonText {
  constructor(readonly json: string) {}
}

/** The JSON of a value; the properties of an object may be `JsonText`. */
export const jsonOf = (value: unknown): string => {
  if (!hasText(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => {
    const json = item instanceof JsonText ? item.json : JSON.stringify(item);
    return `${JSON.stringify(key)}:${json}`;
  });
  return `{${members.join(',')}}`;
};

const hasText = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.values(value).some((item) => item instanceof JsonText);

const backslash = 0x5c;

/** The end of the string that begins at `start`: the first quote with an even number of backslashes before it. */
export const endOfString = (text: string, start: number): number => {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end === -1) return text.length;
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
};

/**
 * The text of the member `name` of the object that `json`, which is valid JSON, describes: with every number as it was written, strings
 * in the form of JSON.stringify, and nothing between the tokens. Undefined without such a member.
 */
export const memberText = (json: string, name: string): string | undefined => {
  let [depth, begin, key] = [0, -1, ''];
  for (let at = 0; at < json.length; at += 1) {
    const sign = json[at] ?? '';
    if (sign === '"') {
      const end = endOfString(json, at);
      if (depth === 1 && begin === -1) key = JSON.parse(json.slice(at, end + 1)) as string;
      at = end;
      continue;
    }
    if ('{['.includes(sign)) depth += 1;
    else if ('}]'.includes(sign)) depth -= 1;
    if (depth === 1 && sign === ':') begin = at + 1;
    const isEnd = depth === 0 || (depth === 1 && sign === ',');
    if (!isEnd || begin === -1) continue;
    if (key === name) return compact(json.slice(begin, at));
    begin = -1;
  }
  return undefined;
};

const stringOrSpace = /"[^"\\]*(?:\\.[^"\\]*)*"|\s+/g;

const compact = (json: string): string =>
  json.replace(stringOrSpace, (token) => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : ''));
