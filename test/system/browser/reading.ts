// The start page, the docs and the reference: whole, in every look.
import type { Browser } from 'playwright-core';
import { done } from '../../clients/http.js';
import { check } from '../proof/figures.js';
import { flawsOfAll, none, until } from './checks.js';
import { looks, openViewer, type Viewer, type ViewerOptions } from './viewer.js';

/** The pages that are read: what each must have, by the documents that the server itself gives. */
export const reading = async (browser: Browser, options: ViewerOptions): Promise<void> => {
  console.log('\n  / /docs /redoc');
  const { url } = options;
  const openApi: { paths: Record<string, object> } = await done('GET', `${url}/openapi.json`);
  const asyncApi: { channels: object } = await done('GET', `${url}/asyncapi.json`);
  const operations = Object.values(openApi.paths).flatMap((methods) => Object.keys(methods)).length;
  const sockets = Object.keys(asyncApi.channels).length;
  const pages = [
    { name: 'start', path: '/', ready: '.places a', count: 7 },
    { name: 'docs', path: '/docs', ready: '.opblock', count: operations },
    { name: 'redoc', path: '/redoc', ready: '.entry', count: operations + sockets },
  ];
  for (const { name, path, ready, count } of pages) {
    const viewers: Viewer[] = [];
    for (const look of looks) {
      const viewer = await openViewer(browser, options, look);
      viewers.push(viewer);
      await viewer.open(path);
      const isThere = await until(async () => (await viewer.page.locator(ready).count()) === count, 10_000);
      check(`${path} ${viewer.look}: ${count} × ${ready}`, isThere);
      await viewer.shot(name);
      none(`${path} ${viewer.look}: no complaint in the console`, viewer.complaints);
    }
    const flaws = await flawsOfAll(viewers);
    // What Swagger UI looks like is its own affair, as long as it fits.
    none(
      `${path}: can be read and hit`,
      name === 'docs' ? flaws.filter((flaw) => !/ (contrast|target) /.test(flaw)) : flaws,
    );
    for (const { close } of viewers) await close();
  }
};
