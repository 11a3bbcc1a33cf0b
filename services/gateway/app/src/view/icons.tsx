// One weight, one size; drawn on 20 × 20.
const paths = {
  back: 'M12.5 4.5 7 10l5.5 5.5',
  close: 'm5 5 10 10M15 5 5 15',
  plus: 'M10 4v12M4 10h12',
  search: 'M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11Zm4-1.5 4 4',
  at: 'M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0Zm0 0v1.2a2 2 0 0 0 4 0V10a7 7 0 1 0-2.8 5.6',
  gear: 'M10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M15.3 4.7l-1.4 1.4M6.1 13.9l-1.4 1.4',
  smile: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM7 11.8a3.8 3.8 0 0 0 6 0M7.4 7.8v.4M12.6 7.8v.4',
  reply: 'M8 5 3.5 9.5 8 14M4 9.5h7a5 5 0 0 1 5 5V16',
  thread: 'M3.5 4.5h13v9h-7L6 16.5v-3H3.5ZM7 7.8h6M7 10.4h4',
  more: 'M5 10h.01M10 10h.01M15 10h.01',
  pin: 'm12 3 5 5-3 1-3.2 3.2-.6 3.3-5.7-5.7 3.3-.6L11 6ZM7.3 12.7 3.5 16.5',
  people:
    'M8 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-5.5 7c0-3 2.3-5 5.5-5s5.5 2 5.5 5M13.5 4a3 3 0 0 1 0 5.4M15 11.9c1.6.6 2.5 2.2 2.5 4.6',
  calendar: 'M3.5 5.5h13v11h-13ZM3.5 9h13M7 3v4M13 3v4',
  send: 'm3.5 10 13-6.5-4 13-2.8-5.2Zm6.2 1.3 6.8-7.8',
  down: 'M10 4v12M5 11l5 5 5-5',
  up: 'M10 16V4M5 9l5-5 5 5',
  clock: 'M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM10 6.5V10l2.5 1.5',
  check: 'm5 10.5 3.5 3.5L15 6.5',
  checks: 'm2.5 10.5 3.5 3.5L12 7M9.5 13l1 1L17 7',
  alert: 'M10 3 2.5 16.5h15ZM10 8v4M10 14.2v.2',
  hash: 'M7.5 3.5 6 16.5M14 3.5l-1.5 13M3.5 7.5h13.5M3 12.5h13.5',
  lock: 'M5 9h10v7.5H5ZM7 9V6.5a3 3 0 0 1 6 0V9',
  edit: 'm4 16 .7-3.3L13.5 4 16 6.5l-8.7 8.8Z',
  trash: 'M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.500 6',
  info: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.500 0 0 0 0 15ZM10 9v4.500M10 6.300v.2',
  key: 'M12.500 11a4 4 0 1 0-3.700-2.500L3.500 13.800V16.500H6.200l.8-1.500h1.500l.8-1.500h1.200l.9-1.200c.4.1.7.2 1.100.2ZM13.200 7h.01',
  copy: 'M7 7h9.500v9.500H7ZM4 13V3.500h9.500',
} as const;

export type IconName = keyof typeof paths;

/** A drawing that says nothing by itself: what it stands for is the name of the control around it. */
export const Icon = ({ name, size = 20 }: { name: IconName; size?: number }) => (
  <svg class={`icon icon-${name}`} width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
);
