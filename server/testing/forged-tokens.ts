/** Tokens that must not be believed: forged, out of time, meant for somebody else, or readable in two ways. */
import { createSign, generateKeyPairSync } from 'node:crypto'
import { mintToken, part, sign, splitSecret } from './identity-tokens.ts'

export interface Forge {
  appId: string
  /** Of this app, and good. */
  secret: string
  /** Of this app, and revoked. */
  revoked: string
  /** Another app of the same tenant, and one of another tenant. */
  sibling: { appId: string; secret: string }
  foreign: { appId: string; secret: string }
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rsaPublicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const jwk = { kty: 'oct', k: part('x'.repeat(32)) }
const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes spelt otherwise: the last character of a part has bits that decoders throw away. */
function otherSpelling(text: string): string {
  const spare = text.length % 4 === 2 ? 15 : text.length % 4 === 3 ? 3 : 0
  const last = base64Alphabet.indexOf(text.at(-1)!)
  return text.slice(0, -1) + base64Alphabet[(last & ~spare) | ((last + 1) & spare)]!
}

export function forgedTokens({ appId, secret, revoked, sibling, foreign }: Forge): Record<string, string> {
  const { kid, key } = splitSecret(secret)
  const now = Math.floor(Date.now() / 1_000)
  const good = mintToken(secret, appId)
  const [head, body, signature] = good.split('.') as [string, string, string]
  const header = (more: Record<string, unknown>) => mintToken(secret, appId, { header: more })
  const claims = (more: Record<string, unknown>) => mintToken(secret, appId, { claims: more })
  /** Rightly signed, whatever is written in it. */
  const raw = (first: string, second: string) => sign(`${part(first)}.${part(second)}`, key)
  const headText = JSON.stringify({ alg: 'HS256', typ: 'aside-id+jwt', kid })
  const bodyText = JSON.stringify({ sub: 'ada', aud: appId, iat: now, exp: now + 900 })
  const rsaSigned = `${part({ alg: 'RS256', typ: 'aside-id+jwt', kid })}.${body}`
  const bytes = (text: string) => Buffer.from(text, 'latin1').toString('base64url')

  return {
    'alg none, unsigned': `${part({ alg: 'none', typ: 'aside-id+jwt', kid })}.${body}.`,
    'alg none, signed': header({ alg: 'none' }),
    'alg None in other letters': header({ alg: 'nOnE' }),
    'alg hs256 in small letters': header({ alg: 'hs256' }),
    'alg HS512 with the same secret': mintToken(secret, appId, { header: { alg: 'HS512' }, hash: 'sha512' }),
    'alg HS384 with the same secret': mintToken(secret, appId, { header: { alg: 'HS384' }, hash: 'sha384' }),
    'alg missing': header({ alg: undefined }),
    'alg a list': header({ alg: ['HS256'] }),
    'RS256 with a key of its own': `${rsaSigned}.${createSign('RSA-SHA256').update(rsaSigned).sign(rsa.privateKey).toString('base64url')}`,
    'RS256 claimed, signed with the secret': header({ alg: 'RS256' }),
    'HS256 with a public key as the secret': mintToken(secret, appId, { key: rsaPublicPem }),
    'HS256 with an empty secret': mintToken(secret, appId, { key: '' }),
    'HS256 with the whole secret text as the key': mintToken(secret, appId, { key: secret }),
    'HS256 with the bytes of the key': sign(`${head}.${body}`, Buffer.from(key, 'base64url')),
    'another key': mintToken(secret, appId, { key: 'k'.repeat(43) }),
    'kid missing': header({ kid: undefined }),
    'kid empty': header({ kid: '' }),
    'kid a path': header({ kid: '../../../dev/null' }),
    'kid an injection': header({ kid: "' or 1=1; --" }),
    'kid with a NUL': header({ kid: `${kid}\0` }),
    'kid a number': header({ kid: 1 }),
    'kid in other letters': header({ kid: kid.toUpperCase() }),
    'kid of nobody': header({ kid: `ids_${'0'.repeat(26)}` }),
    'kid of a revoked secret': mintToken(revoked, appId),
    'kid of another app’s secret': mintToken(sibling.secret, appId),
    'kid of another tenant’s secret': mintToken(foreign.secret, appId),
    'this kid, another tenant’s key': mintToken(secret, appId, { key: splitSecret(foreign.secret).key }),
    jku: header({ jku: 'https://evil.example/keys.json' }),
    x5u: header({ x5u: 'https://evil.example/cert.pem' }),
    x5c: header({ x5c: ['MIIB'] }),
    jwk: header({ jwk }),
    'jwk that signed it': mintToken(secret, appId, { header: { jwk }, key: 'x'.repeat(32) }),
    crit: header({ crit: ['exp'] }),
    'crit with b64': header({ crit: ['b64'], b64: false }),
    zip: header({ zip: 'DEF' }),
    'a header nobody knows': header({ nonce: 'x' }),
    'typ missing': header({ typ: undefined }),
    'typ JWT': header({ typ: 'JWT' }),
    'typ in other letters': header({ typ: 'ASIDE-ID+JWT' }),
    'typ as a media type': header({ typ: 'application/aside-id+jwt' }),
    'exp missing': claims({ exp: undefined }),
    'exp past': claims({ iat: now - 900, exp: now - 61 }),
    'exp in the year 2100': claims({ exp: 4_102_444_800 }),
    'exp a second more than a day away': claims({ iat: now, exp: now + 86_401 }),
    'exp a text': claims({ exp: String(now + 900) }),
    'exp null': claims({ exp: null }),
    'exp before iat': claims({ iat: now + 30, exp: now + 20 }),
    'exp too large for a number': raw(headText, bodyText.replace(`"exp":${now + 900}`, '"exp":1e999')),
    'iat missing': claims({ iat: undefined }),
    'iat future': claims({ iat: now + 120, exp: now + 900 }),
    'iat of two days ago': claims({ iat: now - 172_800, exp: now + 60 }),
    'iat a text': claims({ iat: String(now) }),
    'nbf future': claims({ nbf: now + 120 }),
    'nbf a text': claims({ nbf: 'now' }),
    'aud missing': claims({ aud: undefined }),
    'aud another app': claims({ aud: sibling.appId }),
    'aud a list with this app': claims({ aud: [appId] }),
    'aud a list with both': claims({ aud: [appId, sibling.appId] }),
    'aud empty': claims({ aud: '' }),
    'aud in other letters': claims({ aud: appId.toUpperCase() }),
    'sub missing': claims({ sub: undefined }),
    'sub a number': claims({ sub: 7 }),
    'sub an object': claims({ sub: { id: 'ada' } }),
    'sub null': claims({ sub: null }),
    'sub empty': claims({ sub: '' }),
    'sub of 129 characters': claims({ sub: 'a'.repeat(129) }),
    'sub of 300 characters': claims({ sub: 'a'.repeat(300) }),
    'sub with a NUL': claims({ sub: 'ada\0' }),
    'sub with a line break': claims({ sub: 'ada\n' }),
    'sub with half a surrogate pair': raw(headText, bodyText.replace('"ada"', String.raw`"\ud800"`)),
    'email that is none': claims({ email: 'not an address' }),
    'email a list': claims({ email: ['ada@shop.example'] }),
    'name of 121 characters': claims({ name: 'n'.repeat(121) }),
    'name with an escape sequence': claims({ name: 'Ada\u001b[2J' }),
    'jti an object': claims({ jti: {} }),
    'sub twice': raw(headText, bodyText.replace('"sub":"ada"', '"sub":"eve","sub":"ada"')),
    'sub twice, once escaped': raw(headText, bodyText.replace('"sub":"ada"', String.raw`"s\u0075b":"eve","sub":"ada"`)),
    'alg twice': raw(headText.replace('"alg"', '"alg":"none","alg"'), bodyText),
    'twice in an object within': raw(headText, bodyText.replace('{', '{"x":{"y":1,"y":2},')),
    'claims a list': raw(headText, `[${bodyText}]`),
    'claims null': raw(headText, 'null'),
    'claims no JSON': raw(headText, bodyText.slice(0, -1)),
    'claims with more after them': raw(headText, `${bodyText}{}`),
    'claims with a byte order mark': raw(headText, `\ufeff${bodyText}`),
    'claims that are no UTF-8': sign(`${head}.${bytes(bodyText.replace('ada', '\xff\xfe'))}`, key),
    'header no JSON': raw(headText.slice(1), bodyText),
    'header a text': raw('"HS256"', bodyText),
    '8 kB': claims({ padding: 'x'.repeat(6_200) })
      .padEnd(8_192, 'A')
      .slice(0, 8_192),
    'signature stripped': `${head}.${body}.`,
    'signature and dot stripped': `${head}.${body}`,
    'signature cut short': good.slice(0, -1),
    'signature with one more character': `${good}A`,
    'signature of other claims': `${head}.${part(bodyText.replace('ada', 'eve'))}.${signature}`,
    'signature spelt otherwise': `${head}.${body}.${otherSpelling(signature)}`,
    'signature padded': `${good}=`,
    'signature padded with two': `${good}==`,
    'claims padded': sign(`${head}.${body}=`, key),
    'header padded': sign(`${head}==.${body}`, key),
    'signature in the other alphabet': `${head}.${body}.${signature.slice(0, -4)}+/+/`,
    'a space before': ` ${good}`,
    'a line break after': `${good}\n`,
    'a space within': sign(`${head}.${body.slice(0, 4)} ${body.slice(4)}`, key),
    'four parts': `${good}.${signature}`,
    'five parts, as if encrypted': `${part({ alg: 'dir', enc: 'A256GCM', kid })}..${signature}.${body}.${signature}`,
    'JSON instead of parts': JSON.stringify({ protected: head, payload: body, signature }),
    'nothing but dots': '..',
    'a session token': `vst_${'A'.repeat(43)}`,
    'the secret itself': secret,
    'Bearer and a token': `Bearer ${good}`,
    'another app’s token': mintToken(sibling.secret, sibling.appId),
    'another tenant’s token': mintToken(foreign.secret, foreign.appId),
  }
}

/** What may look odd and is good all the same. */
export function goodTokens({ appId, secret }: Forge): Record<string, string> {
  const now = Math.floor(Date.now() / 1_000)
  const claims = (more: Record<string, unknown>) => mintToken(secret, appId, { claims: more })
  return {
    'as the documentation says': mintToken(secret, appId),
    'for a whole day': claims({ exp: now + 86_400 }),
    'from a clock that is 50 s ahead': claims({ iat: now + 50, nbf: now + 50, exp: now + 950 }),
    'from a clock that is 50 s behind': claims({ iat: now - 950, exp: now - 50 }),
    'with fractions of a second': claims({ iat: now + 0.25, exp: now + 900.75 }),
    'with claims that mean nothing here': claims({ iss: 'shop', role: 'owner', jti: 'x', deep: { sub: 'eve' } }),
    'without what there is not': claims({ email: null, name: null }),
    'of somebody in Greek': claims({ sub: 'Ωνάσης', name: 'Αριστοτέλης', email: 'a@shop.example' }),
    'of 128 characters': claims({ sub: 'a'.repeat(128) }),
  }
}
