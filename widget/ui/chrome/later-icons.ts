/** Line drawings for the parts that come later, on the same grid as the others. */
export const laterIcons = {
  search: 'M11 5.5a5.5 5.5 0 1 1 0 11 5.500 5.500 0 0 1 0-11Zm4.200 9.700 4.300 4.300',
  save: 'M12 4.500v10m-4-4 4 4 4-4M5 19.500h14',
  copy: 'M9.5 9.5h9v9h-9zM6.5 14.5h-1v-9h9v1',
  check: 'm5.5 12.5 4.5 4.5 8.5-9.5',
  again: 'M18.5 9A7 7 0 1 0 19 13.5M19 5v4.5h-4.5',
  thumb:
    'M7.5 11v8H5v-8zm0 0 3.4-6.600c1.500 0 2.200 1 1.900 2.300L12 9.800h5.400a1.600 1.600 0 0 1 1.600 1.900l-1.100 5.900a1.700 1.700 0 0 1-1.700 1.400H7.500',
  page: 'M7 4.5h6.5L18 9v10.5H7zM13 4.5V9.5h5',
  trash: 'M5.5 7h13M10 7V5h4v2M7.5 7l.7 12h7.6l.7-12',
} as const
