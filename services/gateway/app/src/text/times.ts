import { language, t } from './translate.js';

const dayOf = (time: Date): number => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
const dayMs = 24 * 60 * 60 * 1000;

/** A text that is equal for times of one local day. */
export const dayKey = (iso: string): string => String(dayOf(new Date(iso)));

/** The browser's own form of the language, which knows of 12 and 24 hours; else the language. */
const locale = (): string =>
  navigator.languages.find((each) => each.split('-')[0] === language.value) ?? language.value;

const format = (iso: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(locale(), options).format(new Date(iso));

export const clock = (iso: string): string => format(iso, { hour: '2-digit', minute: '2-digit' });

export const fullTime = (iso: string): string => format(iso, { dateStyle: 'full', timeStyle: 'short' });

/** Day and time in short: `29 Nov 2026, 14:05`. */
export const shortTime = (iso: string): string => format(iso, { dateStyle: 'medium', timeStyle: 'short' });

/** Days before the day of `now`; rounded, because days of 23 and 25 hours exist. */
const daysAgo = (iso: string, now: Date): number => Math.round((dayOf(now) - dayOf(new Date(iso))) / dayMs);

/** `Today`, `Yesterday`, a weekday of the last week, or a date. */
export const dayName = (iso: string, now = new Date()): string => {
  const days = daysAgo(iso, now);
  if (days === 0) return t('time.today');
  if (days === 1) return t('time.yesterday');
  if (days > 1 && days < 7) return format(iso, { weekday: 'long' });
  const isThisYear = new Date(iso).getFullYear() === now.getFullYear();
  return format(iso, { day: 'numeric', month: 'long', ...(!isThisYear && { year: 'numeric' }) });
};

/** For sentences: `today 14:05`. */
export const dayAndTime = (iso: string, now = new Date()): string => {
  const days = daysAgo(iso, now);
  const isNear = days === 0 || days === 1;
  const day = isNear
    ? new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(-days, 'day')
    : dayName(iso, now);
  return `${day} ${clock(iso)}`;
};
