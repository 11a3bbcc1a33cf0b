import type { LiveChannel, TimelineMessage } from '@parley/client';
import { State } from './state.js';

/** What is shown above everything else. */
export type Dialog =
  | { readonly name: 'find' | 'create' | 'settings' | 'password' | 'help' }
  | { readonly name: 'delete'; readonly message: TimelineMessage; readonly onConfirm: () => void }
  | { readonly name: 'details'; readonly message: TimelineMessage; readonly channel: LiveChannel }
  | { readonly name: 'rename'; readonly title: string; readonly onRename: (title: string) => Promise<unknown> }
  | { readonly name: 'confirm'; readonly title: string; readonly hint: string; readonly action: Action }
  | { readonly name: 'emoji'; readonly onPick: (emoji: string) => void }
  | { readonly name: 'date'; readonly onPick: (time: string) => void }
  | { readonly name: 'actions'; readonly title: string; readonly actions: readonly Action[] };

export interface Action {
  readonly id: string;
  readonly label: string;
  readonly isDangerous?: boolean;
  readonly run: () => void;
}

export const dialog = new State<Dialog | null>(null);

export interface Notice {
  readonly text: string;
  readonly kind: 'error' | 'done';
}

const shownMs = 6_000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** A sentence at the bottom of the window that goes by itself. */
export const notice = new State<Notice | null>(null);

export const notify = (text: string, kind: Notice['kind'] = 'error'): void => {
  clearTimeout(timer);
  notice.set({ text, kind });
  timer = setTimeout(() => notice.set(null), shownMs);
};
