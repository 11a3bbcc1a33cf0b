import { Icon, type IconName } from './icons.js';

interface IconButtonProps {
  readonly icon: IconName;
  /** What it does; also shown when the pointer rests on it. */
  readonly label: string;
  readonly onClick: () => void;
  readonly class?: string;
  readonly isPressed?: boolean;
  readonly isDisabled?: boolean;
  readonly tabIndex?: number;
}

export const IconButton = ({ icon, label, onClick, isPressed, isDisabled, tabIndex, ...rest }: IconButtonProps) => (
  <button
    type="button"
    class={`icon-button ${rest.class ?? ''}`}
    aria-label={label}
    title={label}
    aria-pressed={isPressed}
    disabled={isDisabled}
    tabIndex={tabIndex}
    onClick={onClick}
  >
    <Icon name={icon} />
  </button>
);
