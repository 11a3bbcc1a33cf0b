import type { Abortable } from '../observable.js';
import { State } from '../state.js';
import type { Hub } from './hub.js';
import type { Preferences, PreferenceValues } from './types.js';

/** The choices of the account, as the server has them. */
export class PreferencesObject extends State<PreferenceValues | null> implements Preferences {
  constructor(private readonly hub: Pick<Hub, 'rest' | 'retry'>) {
    super(null, (isUsed) => {
      if (isUsed && !this.value) this.load().catch(() => {});
    });
  }

  async load(options?: Abortable): Promise<PreferenceValues> {
    const values = await this.hub.retry(() => this.hub.rest.preferences(options), options);
    this.set(values);
    return values;
  }

  async change(change: Partial<PreferenceValues>, options?: Abortable): Promise<PreferenceValues> {
    const values = await this.hub.rest.setPreferences(change, options);
    this.set(values);
    return values;
  }

  /** Another device may have changed them meanwhile. */
  connected(): void {
    if (this.isUsed) this.load().catch(() => {});
  }
}
