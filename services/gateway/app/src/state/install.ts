import { State } from './state.js';

/** What Chromium offers where the application can be installed. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** Installs the application; null: it is installed, or this browser installs it by its own menu. */
export const install = new State<(() => Promise<void>) | null>(null);

/** Keeps the offer of the browser for the settings, instead of a bar at the first visit. */
export const followInstallation = (): void => {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    install.set(async () => {
      install.set(null);
      await (event as InstallPrompt).prompt();
    });
  });
  addEventListener('appinstalled', () => install.set(null));
};
