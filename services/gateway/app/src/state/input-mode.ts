let isTouch = matchMedia('(pointer: coarse)').matches;

/** Follows whether the person touches the screen or uses keys. */
export const followInput = (): void => {
  addEventListener('keydown', () => (isTouch = false), { capture: true });
  addEventListener('pointerdown', ({ pointerType }) => (isTouch = pointerType === 'touch'), { capture: true });
};

/** Whether to put the focus into a text field unasked; on a touch screen that would open its keyboard. */
export const mayFocusField = (): boolean => !isTouch;
