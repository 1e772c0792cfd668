/** Line drawings on a 24 × 24 grid. */
export const icons = {
  chat: 'M12 4c4.7 0 8.5 3.1 8.5 7s-3.8 7-8.5 7a10 10 0 0 1-2.6-.340L5 20l.9-3.5C4.4 15.2 3.5 13.2 3.5 11c0-3.9 3.8-7 8.5-7Z',
  down: 'm6 9.5 6 6 6-6',
  close: 'm6.5 6.5 11 11m0-11-11 11',
  back: 'M14.5 6 8.5 12l6 6',
  next: 'm9.5 6 6 6-6 6',
  list: 'M4.5 7h15m-15 5h15m-15 5h9',
  settings: 'M4.5 8H13m5 0h1.500M4.500 16H6m5 0h8.500M15.500 5.500v5m-7 3v5',
  pen: 'M12 5.5H7A2.5 2.5 0 0 0 4.5 8v9A2.5 2.5 0 0 0 7 19.5h9a2.5 2.5 0 0 0 2.5-2.5v-5M10 14l.6-2.9 7-7a1.6 1.6 0 0 1 2.3 2.3l-7 7Z',
  send: 'M12 19V5.5M6 11.5l6-6 6 6',
  stop: 'M8 8h8v8H8z',
  alert: 'M12 8v4.5m0 3.2v.1M12 3.8a8.2 8.2 0 1 1 0 16.4 8.2 8.2 0 0 1 0-16.4Z',
} as const

export type IconName = keyof typeof icons
