import { readFileSync } from 'node:fs';
import type { RequestHandler } from 'express';
import { publicFile } from './public-files.js';

/** The logins in the READMEs of `rooms` and `conversations`, with which the pages fill in their forms. */
const filledIn = /value="(?:user1|password123|testuser|TestPassword123)"/g;
const paragraph = { from: '<p class="hint">\n          The sample users', to: '</p>' };

/** The page without the sample users. Throws when the page does not contain them in the expected place. */
const withoutSampleLogins = (html: string): string => {
  const start = html.indexOf(paragraph.from);
  const end = html.indexOf(paragraph.to, start);
  if (start < 0 || end < 0) throw new Error('The page has no paragraph about the sample users');
  return (html.slice(0, start) + html.slice(end + paragraph.to.length)).replace(filledIn, '');
};

/** Serves a sign-in page; with the sample logins only if the sample users exist. */
export const signInPage = (name: string, sampleUsers: boolean): RequestHandler => {
  if (sampleUsers) return (_request, response) => response.sendFile(publicFile(name));
  const html = withoutSampleLogins(readFileSync(publicFile(name), 'utf8'));
  return (_request, response) => void response.set('Cache-Control', 'public, max-age=0').type('html').send(html);
};
