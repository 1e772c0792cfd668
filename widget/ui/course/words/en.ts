import type { DetailFlaw } from '@aside/protocol'

const flaws: Record<DetailFlaw | 'refused', string> = {
  missing: 'Please fill this in.',
  email: 'Please write an address like name@example.org.',
  tel: 'Please write a telephone number.',
  option: 'Please choose one of these.',
  kind: 'Please tick this.',
  long: 'That is too long.',
  refused: 'This was not accepted. Please check it.',
}

export const en = {
  introduce: 'Before we begin',
  introduceWhy: 'Your message is sent as soon as you have answered.',
  go: 'Continue',
  choose: 'Please choose',
  optional: 'optional',
  flaws,
  notAsked: 'What we need to know first could not be loaded.',
  end: 'End conversation',
  endSure: 'End this conversation?',
  endYes: 'End it',
  endNo: 'Keep it open',
  ended: 'This conversation has ended.',
  begin: 'Start a new conversation',
  rate: 'How was this conversation?',
  scores: ['Bad', 'Not so good', 'All right', 'Good', 'Very good'],
  rateMore: 'Anything to add? (optional)',
  rated: 'Thank you for telling us.',
  typing: 'Support is typing …',
  seen: 'Seen',
  replies: 'Suggested replies',
}

/** What is said in the course of a conversation; the owner's own words are for the rest. */
export type CourseWords = typeof en
