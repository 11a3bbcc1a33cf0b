import { render } from 'preact';
import { followInstallation } from './state/install.js';
import { followAddress } from './state/route.js';
import { followInput } from './state/input-mode.js';
import { followOtherTabs, resume } from './state/session.js';
import { applyTheme } from './state/theme.js';
import { loadLanguage } from './text/translate.js';
import { App } from './view/app.js';

const root = document.querySelector('#app');
if (root === null) throw new Error('The page has no #app');

applyTheme();
followAddress();
followInput();
followInstallation();
resume();
followOtherTabs();
await loadLanguage();
render(<App />, root);

if ('serviceWorker' in navigator) {
  // Only secure contexts have one; without it the application needs its server at each start.
  navigator.serviceWorker.register('/app/service-worker.js', { scope: '/app/' }).catch(() => undefined);
}
