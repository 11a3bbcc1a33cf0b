import { type PlainKey, t } from '../text/translate.js';
import { Modal } from './modal.js';

type Shortcut = readonly [keys: readonly string[], text: PlainKey];

const groups: readonly (readonly [PlainKey, readonly Shortcut[]])[] = [
  [
    'help.everywhere',
    [
      [['Ctrl K'], 'help.find'],
      [['Alt ↑', 'Alt ↓'], 'help.next'],
      [['Alt Shift ↑', 'Alt Shift ↓'], 'help.nextUnread'],
      [['Alt U'], 'channel.toUnread'],
      [['Alt J'], 'channel.jump'],
      [['?', 'Ctrl /'], 'help.help'],
    ],
  ],
  [
    'help.writing',
    [
      [['Enter'], 'help.send'],
      [['Shift Enter'], 'help.newline'],
      [['@'], 'help.mention'],
      [['↑'], 'help.editLast'],
      [['Ctrl ↑'], 'help.messages'],
    ],
  ],
  [
    'help.onMessage',
    [
      [['↑', '↓'], 'help.messages'],
      [['Home', 'End'], 'help.ends'],
      [['R'], 'help.reply'],
      [['T'], 'help.thread'],
      [['+'], 'help.react'],
      [['E'], 'help.edit'],
      [['P'], 'help.pin'],
      [['C'], 'help.copy'],
      [['I'], 'help.details'],
      [['Delete'], 'help.delete'],
      [['Esc'], 'help.composer'],
    ],
  ],
];

export const HelpDialog = () => (
  <Modal title={t('help.title')} class="help">
    {groups.map(([title, shortcuts]) => (
      <section key={title}>
        <h3>{t(title)}</h3>
        <dl>
          {shortcuts.map(([keys, text]) => (
            <div key={text}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{t(text)}</dd>
            </div>
          ))}
        </dl>
      </section>
    ))}
  </Modal>
);
