/** What is left when a budget is used up: nobody can answer, what was written is kept, and both are said in the visitor's script. */
import type { Completion, Model } from './model.ts'

const words: [script: RegExp, text: string][] = [
  [/\p{Script=Cyrillic}/u, 'Сейчас никто не может ответить. Ваше сообщение сохранено: мы прочитаем его позже.'],
  [
    /\p{Script=Greek}/u,
    'Αυτή τη στιγμή δεν μπορεί να απαντήσει κανείς. Το μήνυμά σας φυλάχθηκε και θα διαβαστεί αργότερα.',
  ],
  [/\p{Script=Arabic}/u, 'لا يستطيع أحد الرد الآن. رسالتك محفوظة وستُقرأ لاحقًا.'],
  [/\p{Script=Hebrew}/u, 'אין כרגע מי שיענה. ההודעה שלך נשמרה ותיקרא מאוחר יותר.'],
  [/\p{Script=Devanagari}/u, 'अभी कोई उत्तर नहीं दे सकता। आपका संदेश सुरक्षित है और बाद में पढ़ा जाएगा।'],
  [/\p{Script=Thai}/u, 'ขณะนี้ยังไม่มีใครตอบได้ ข้อความของคุณถูกเก็บไว้แล้วและจะมีคนอ่านภายหลัง'],
  [
    /\p{Script=Hiragana}|\p{Script=Katakana}/u,
    'ただいま回答できる者がおりません。メッセージは保存されており、後ほど確認いたします。',
  ],
  [/\p{Script=Hangul}/u, '지금은 답변할 수 있는 사람이 없습니다. 메시지는 저장되었으며 나중에 확인하겠습니다.'],
  [/\p{Script=Han}/u, '现在没有人可以回答。您的留言已保存，稍后会有人查看。'],
]
const plainly = 'Nobody can answer right now. Your message is kept, and will be read later.'

export const leaveMessage: Model = {
  name: 'message',
  async generate({ messages }, onText): Promise<Completion> {
    const question = messages.findLast((it) => it.role === 'user')?.content ?? ''
    onText(words.find(([script]) => script.test(question))?.[1] ?? plainly)
    return { finishReason: 'stop', model: 'message' }
  },
}
