import type { ComponentChildren } from 'preact';
import { dialog } from '../state/dialogs.js';
import { type PlainKey, t } from '../text/translate.js';

/** Why a form was not taken. */
export const Problem = ({ problem }: { problem: PlainKey | null }) => (
  <p class="error" role="alert">
    {problem !== null && t(problem)}
  </p>
);

/** The last row of a dialog: Cancel, and what `children` do. `isFocused`: the focus begins on Cancel. */
export const Buttons = ({ children, isFocused = false }: { children: ComponentChildren; isFocused?: boolean }) => (
  <div class="buttons">
    <button type="button" class="quiet" data-focus={isFocused || undefined} onClick={() => dialog.set(null)}>
      {t('app.cancel')}
    </button>
    {children}
  </div>
);
