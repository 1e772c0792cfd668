/** Passwords that are tried first: of twelve characters and more, for a shorter one is refused anyway. */

/** The commonest of those that breaches have shown, without what people put behind them (`!`, `123`, a year). */
const known = new Set(
  `password passwordpassword mypassword mypasswordis thepassword newpassword adminpassword rootpassword userpassword
  administrator administrador administrateur superadministrator letmeinletmein letmeinplease welcomewelcome welcometo
  qwertyuiop qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm qwertyqwerty qwertyasdfgh qwertyuiopasdf asdfghjkl
  asdfghjklzxcvbnm zxcvbnmasdfghjkl azertyuiop azertyuiopqsdfghjklm qwertzuiop qwertzuiopasdfghjklyxcvbnm
  qazwsxedcrfv qazwsxedcrfvtgb qazwsxedcrfvtgbyhnujm 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1q2w3e4r5t6y 1q2w3e4r5t6y7u8i
  q1w2e3r4t5y6 zaq12wsxcde3 abcdefghijkl abcdefghijklmnopqrstuvwxyz iloveyou iloveyousomuch iloveyouforever
  iloveyoubaby changeme changemenow changemeplease pleasechangeme pleaseletmein correcthorsebatterystaple
  trustnoone donttellanyone secretpassword supersecret topsecret masterpassword temporarypassword defaultpassword
  sunshine princess football baseball superman starwars michelle liverpool chelsea manchesterunited
  liverpoolfc christopher alexander elizabeth asideaside asidechat`.split(/\s+/),
)

const leet: Record<string, string> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's' }
const withoutEnds = (text: string) => text.replace(/^[^a-z]+|[^a-z]+$/g, '')

/** `abcabcabcabc`, `aaaaaaaaaaaa`: something short, over and over. */
const isRepeated = (text: string): boolean =>
  [1, 2, 3, 4, 5, 6].some((length) => text === text.slice(0, length).repeat(text.length).slice(0, text.length))

/** `123456789012`, `zyxwvutsrqpo`: each character is the next one, or the one before. */
function isRun(text: string): boolean {
  const codes = [...text].map((it) => it.codePointAt(0)!)
  const steps = codes.slice(1).map((it, i) => (it - codes[i]! + 10) % 10)
  return steps.every((it) => it === 1) || steps.every((it) => it === 9)
}

/** One that is tried first, or that is the address itself. Case, digits in the place of letters and what is put behind do not help. */
export function isKnownPassword(password: string, email: string): boolean {
  const text = password.normalize('NFKC').toLowerCase()
  const plain = text.replace(/[013457@$]/g, (it) => leet[it] ?? it)
  const [local = '', host = ''] = email.toLowerCase().split('@')
  const own = new Set([email.toLowerCase(), local, host, `${local}${host}`])
  return (
    [text, plain, withoutEnds(text), withoutEnds(plain), text.replace(/[^a-z0-9]+$/, '')].some(
      (it) => known.has(it) || own.has(it),
    ) ||
    isRepeated(text) ||
    isRun(text)
  )
}
