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
  whyNot: 'What was wrong with it?',
  reasons: {
    wrong: 'It is wrong',
    incomplete: 'Something is missing',
    off_topic: 'It misses my question',
    outdated: 'It is out of date',
    unclear: 'Hard to follow',
    other: 'Something else',
  },
  tellMore: 'Anything else? (optional)',
  noChat: 'New messages are not taken here at the moment.',
  leave: 'Leave a message',
  leaveWhy: 'Nobody can answer right now. Write to us, and we get back to you by e-mail.',
  closed: 'Our team is not here right now.',
  answerTo: (email: string) => `We answer to ${email}.`,
  yourMessage: 'Your message',
  email: 'E-mail',
  name: 'Name',
  leaveGo: 'Send message',
  leaveAgain: 'Leave another message',
  left: 'Your message has arrived. Somebody will read it and answer by e-mail.',
}

/** What is said by parts that come later: apart, so that the first screen need not wait for it. */
export type LaterWords = typeof en
