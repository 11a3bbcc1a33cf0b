import { foldName } from '@parley/contracts';

/** Names in a text: `@` that follows no letter or digit, then letters, digits, and `_.-` inside. */
const pattern = /(?<![\p{L}\p{N}_])@([\p{L}\p{M}\p{N}_.-]{1,64})/gu;

const mentionsMax = 50;

const channelName = 'channel';

/** The names that a text mentions, at most 50 different ones, and whether it mentions the channel. */
export const namesIn = (text: string): { readonly usernames: string[]; readonly channel: boolean } => {
  const names = new Map<string, string>();
  let channel = false;
  for (const [, name = ''] of text.matchAll(pattern)) {
    const trimmed = withoutTrailingPunctuation(name);
    const key = foldName(trimmed);
    if (key === channelName) channel = true;
    else if (key !== '' && names.size < mentionsMax) names.set(key, trimmed);
  }
  return { usernames: [...names.values()], channel };
};

const withoutTrailingPunctuation = (name: string): string => {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === '-')) end -= 1;
  return name.slice(0, end);
};
