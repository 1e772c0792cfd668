/** An identity token made on this machine, as a customer's backend would: for trying out. */
import { createHmac } from 'node:crypto'
import { IDENTITY_TYPE } from '@aside/protocol'
import { usage } from './problems.ts'

export interface Minting {
  /** `<kid>.<key>`, as `aside identity secret create` prints it. */
  secret: string
  appId: string
  subject: string
  email?: string | undefined
  name?: string | undefined
  lifetimeS: number
}

const shape = /^(ids_[0-9a-z]{26})\.([A-Za-z0-9_-]{43})$/

/** Throws a `Problem` for what is no secret. */
export function mintIdentity({ secret, appId, subject, email, name, lifetimeS }: Minting): string {
  const [, kid, key = ''] = shape.exec(secret) ?? []
  if (kid === undefined)
    throw usage('this is no identity secret', 'one looks like ids_….… : make one with aside identity secret create')
  const iat = Math.floor(Date.now() / 1_000)
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub: subject, aud: appId, iat, exp: iat + lifetimeS, email, name }
  const signed = `${encode({ alg: 'HS256', typ: IDENTITY_TYPE, kid })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}
