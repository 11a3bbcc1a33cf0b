import type { TimelineMessage } from '@parley/client';
import type { RefObject } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ActionName, MessageActions } from './message-actions.js';

const rowAt = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>('[data-key]') : null;

const siblingRow = (row: HTMLElement, step: 'nextElementSibling' | 'previousElementSibling'): HTMLElement | null => {
  let element = row[step];
  while (element !== null && !(element instanceof HTMLElement && element.dataset['key'] !== undefined))
    element = element[step];
  return element instanceof HTMLElement ? element : null;
};

const rowsIn = ({ current }: RefObject<HTMLElement | null>): HTMLElement[] =>
  current === null ? [] : [...current.querySelectorAll<HTMLElement>('[data-key]')];

/** One key each, on a message that has the focus. */
const actionOf = (key: string): ActionName | null => {
  switch (key) {
    case 'e':
      return 'edit';
    case 'r':
      return 'reply';
    case 't':
      return 'thread';
    case '+':
      return 'react';
    case 'p':
      return 'pin';
    case 'Delete':
      return 'delete';
    case 'c':
      return 'copy';
    case 'i':
      return 'details';
    case 'Enter':
      return 'more';
    default:
      return null;
  }
};

export interface LogKeys {
  /** The message that Tab leads to. */
  readonly activeKey: string | undefined;
  /** The message in which the focus is. */
  readonly focusedKey: string | null;
  readonly focusLast: () => boolean;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onFocusIn: (event: FocusEvent) => void;
  readonly onFocusOut: (event: FocusEvent) => void;
}

/** Arrows move through the messages, letters act on the one that has the focus; the log is one stop of Tab. */
export const useLogKeys = (
  log: RefObject<HTMLElement | null>,
  messages: readonly TimelineMessage[],
  actions: MessageActions,
  onLeave: () => void,
): LogKeys => {
  const [chosenKey, setChosen] = useState<string | null>(null);
  const [focusedKey, setFocused] = useState<string | null>(null);
  const activeKey = messages.some(({ key }) => key === chosenKey) ? (chosenKey ?? undefined) : messages.at(-1)?.key;
  return useMemo(() => {
    const move = (event: KeyboardEvent, row: HTMLElement): boolean => {
      if (event.key === 'ArrowUp') siblingRow(row, 'previousElementSibling')?.focus();
      else if (event.key === 'ArrowDown') {
        const next = siblingRow(row, 'nextElementSibling');
        if (next === null) onLeave();
        else next.focus();
      } else if (event.key === 'Home') rowsIn(log).at(0)?.focus();
      else if (event.key === 'End') rowsIn(log).at(-1)?.focus();
      else if (event.key === 'Escape') onLeave();
      else return false;
      return true;
    };
    const onKeyDown = (event: KeyboardEvent): void => {
      const row = rowAt(event.target);
      if (row === null || event.ctrlKey || event.metaKey || event.altKey) return;
      if (move(event, row)) return event.preventDefault();
      const action = actionOf(event.key);
      const message = messages.find(({ key }) => key === row.dataset['key']);
      // Enter on a button or link inside is its own.
      if (action === null || message === undefined || event.target !== row) return;
      if (actions.run(action, message)) event.preventDefault();
    };
    const onFocusIn = (event: FocusEvent): void => {
      const key = rowAt(event.target)?.dataset['key'] ?? null;
      setFocused(key);
      if (key !== null) setChosen(key);
    };
    const onFocusOut = ({ relatedTarget }: FocusEvent): void => {
      if (rowAt(relatedTarget) === null) setFocused(null);
    };
    const focusLast = (): boolean => {
      const row = rowsIn(log).at(-1);
      row?.focus();
      return row !== undefined;
    };
    return { activeKey, focusedKey, focusLast, onKeyDown, onFocusIn, onFocusOut };
  }, [activeKey, focusedKey, messages, actions, onLeave, log]);
};
