/**
 * The closed word classes of the languages we promise: articles, pronouns, prepositions, conjunctions, auxiliaries and the words
 * that make a sentence a question. A large corpus shows by itself that they say nothing; in the thirty documents of a young
 * app "how" and "wenn" are rare words and would decide the ranking. They are only weighed down, never removed, and a language
 * that is not listed merely goes without. Left out are those that, folded, are words of another language one asks about: a hat, a
 * ban, a bin, AI.
 */
import { fold } from './fold.ts'

const lists = [
  // English
  `a an the i me my mine we us our ours you your yours he him his she her hers it its they them their theirs this that these
  those who whom whose which what when where why how and or but if because as until while of at by for with about against
  between into through during before after above below to from up down in out on off over under again then once here there all
  any both each more most other some such no nor not only own same so than too very can could will would shall should may might
  must do does did done doing have has had having be am is are was were been being get got let please s t re ve ll d m don
  doesn didn isn aren long many much need needs needed want wants use used uses using work works happen happens happened make
  makes possible there exist exists give gives given take takes tell tells say says know like look looks`,
  // Spanish
  `el la los las un una unos unas lo al del de a ante bajo con contra desde en entre hacia hasta para por según sin sobre tras y
  e o u ni pero sino que qué quién quiénes cuál cuáles cuándo cuánto cuánta cuántos cuántas dónde cómo si no sí ya muy más menos
  también yo tú él ella nosotros vosotros ellos ellas usted ustedes me te se nos os le les mi mis tu tus su sus nuestro nuestra
  este esta esto estos estas ese esa eso esos esas aquel aquella ser es soy son era fue sea está están estoy estar haber he has
  ha han hay había tener tengo tiene puedo puede pueden podría quiero quiere porque cuando como donde`,
  // German
  `der die das den dem des ein eine einen einem einer eines ich mich mir mein meine meinen meinem meiner du dich dir dein deine
  er ihn ihm sie es wir uns unser unsere ihr euch euer eure ihnen ihre ihren ihrem ihrer sein seine seinen sich und oder
  aber denn weil wenn dass ob als wie wo was wer wen wem wann warum wieso welche welcher welches wieviel in im an am auf aus
  bei beim bis durch für gegen mit nach ohne seit über um unter von vom vor zu zum zur nicht kein keine keinen auch nur noch
  schon sehr so dann da hier mehr bist ist sind seid waren wird werden wurde habe hab hast haben hatte kann kannst
  können könnte muss müssen soll sollen sollte darf dürfen will wollen möchte mag bitte lange viel viele`,
  // Turkish
  `bir bu şu o ben sen biz siz onlar beni seni onu bizi sizi onları bana sana ona bize size benim senin onun bizim sizin ve veya
  ya da de ile ama fakat ancak çünkü eğer ki ise için gibi kadar göre daha en çok az her hiç bazı ne neden niçin niye nasıl
  nerede nereye hangi kim kime kimi kaç mi mı mu mü miyim mıyım muyum müyüm musun mısın misin yok değil olan olarak olur
  oldu olmak sonra önce lütfen`,
  // Russian
  `и в во не что он на я с со как а то все всё она так его но да ты к у же вы за бы по только её ее мне было вот от меня ещё
  еще нет о об из ему теперь когда даже ну ли если уже или ни быть был была были него до вас вам вами нас нам нами мы они их им
  ими себя для кто этот эта это эти этого этой том тот та те чем где куда откуда почему зачем сколько какой какая какое какие
  какого можно нельзя нужно надо есть будет мой моя моё мое мои мою ваш ваша ваше ваши при про через над под без чтобы
  пожалуйста`,
  // Greek
  `ο η το οι τα του της των τον την τους τις ένας μια μία ένα ενός μιας και ή κι αλλά όμως αν εάν ότι πως που πώς πού ποιος ποια
  ποιο ποιοι τι πότε γιατί πόσο πόση πόσα πόσες πόσοι όταν όπως ενώ επειδή να θα δεν μη μην σε στο στη στην στον στα στις στους
  στης από για με μετά πριν προς κατά χωρίς μέχρι ως εγώ εσύ αυτός αυτή αυτό αυτά εμείς εσείς μου σου μας σας τού είναι είμαι
  ήταν έχω έχει έχουν μπορώ μπορεί μπορείτε πρέπει θέλω αυτόν εδώ εκεί πολύ πιο ναι όχι`,
  // Arabic
  `في من إلى على عن مع حتى منذ و أو أم ثم لكن لأن إذا إن أن لو ما ماذا متى أين كيف كم هل لماذا لم لن لا ليس هو هي هم هن أنا نحن
  أنت أنتم أنتما هذا هذه ذلك تلك هؤلاء الذي التي الذين كان كانت يكون تكون قد لقد كل بعض أي أيّ بعد قبل عند عليّ علي لي لك له لها
  لنا لكم به بها فيه فيها عليه عليها يمكن يمكنني أستطيع غير بين دون`,
  // Hindi
  `का के की को से में पर ने तक और या एवं लेकिन पर तो भी ही कि जो जब तब जहाँ अगर यदि क्योंकि है हैं था थे थी हूँ हो होता होती होते हुआ हुई
  हुए रहा रही रहे गया गई गए जाता जाती जाते सकता सकती सकते सकूँ कर करना करने करता करते करें करूँ यह ये वह वे इस इन उस उन मैं मुझे मेरा
  मेरी मेरे हम हमें हमारा आप आपका आपकी आपके आपको अपना अपनी अपने क्या क्यों कब कहाँ कैसे कौन किस किसने किसे कितना कितनी कितने नहीं न मत
  वाला वाली वाले लिए साथ बाद पहले बहुत कोई कुछ`,
  // Thai
  `ที่ ซึ่ง และ หรือ แต่ ถ้า หาก เพราะ ว่า ของ ใน บน จาก ถึง กับ โดย เพื่อ สำหรับ ตาม ให้ ได้ ไม่ จะ ก็ เป็น คือ มี อยู่ ไป มา แล้ว ยัง ต้อง อยาก
  ควร ขอ ฉัน ผม เรา คุณ เขา นี้ นั้น ทำ ไหม มั้ย หรือไม่ อะไร ใคร ไหน ที่ไหน เมื่อไร เมื่อไหร่ อย่างไร ยังไง ทำไม เท่าไร เท่าไหร่ กี่ ครับ ค่ะ คะ
  นะ การ ความ`,
  // Chinese
  `的 了 在 是 我 你 您 他 她 它 我们 你们 您们 他们 和 与 或 及 但 但是 如果 因为 所以 而 也 都 就 还 把 被 给 对 从 到 向 以 为 于 有 没 没有 不 要 会
  能 可 可以 可是 这 那 这个 那个 什么 怎么 怎样 怎么办 如何 谁 哪 哪里 哪儿 哪个 何时 几 多少 为什么 吗 呢 吧 啊 请 请问 一下 想 用 上 下 里 的话`,
  // Vietnamese
  `và hoặc hay nhưng nếu vì thì là của ở trong ngoài trên dưới với cho từ đến tại về để bởi do bằng như khi lúc các những một
  mỗi mọi này kia đó ấy tôi tớ mình ta chúng anh chị họ nó có không được bị phải cần nên sẽ đã đang rồi chưa cũng vẫn chỉ
  rất quá lại ra vào lên xuống gì nào sao đâu mấy bao nhiêu thế làm ạ nhé vậy xin hãy`,
]

const words = new Set(lists.join(' ').split(/\s+/).map(fold))

/** `word` is folded. */
export function isFunctionWord(word: string): boolean {
  return words.has(word)
}
