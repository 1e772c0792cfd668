import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault, isFault } from '@aside/protocol'
import type { Drafted, Drafts, Leases } from '../conversations/index.ts'
import { acrossTenants, type Db, storeFault } from '../platform/index.ts'
import { type Run, type RunParts, runTurn } from './turn-run.ts'
import { createWaitingRoom } from './waiting-room.ts'

export interface EngineLimits {
  /** Answers written at once: what one process was measured to serve undisturbed (bench/). */
  maxTurns: number
  /** Turns that may wait besides; one tenant may take half of the places. */
  maxQueued: number
  leaseMs: number
  checkpointMs: number
  sweepMs: number
}

export const engineLimits: EngineLimits = {
  maxTurns: 1_200,
  maxQueued: 200,
  leaseMs: 5_000,
  checkpointMs: 250,
  sweepMs: 1_000,
}

/** For how long whoever stops a turn waits for its end to be stored. */
const STOP_MS = 3_000
/** Sweeps between two looks for drafts that nobody needs. */
const TIDY_EVERY = 60
const NOTHING: Drafted = () => ''

export interface Engine {
  /** Throws `overloaded` (or `shutting_down`) where no further turn can be taken. */
  admit(tenantId: string): void
  /**
   * Keeps a place for a question that is on its way into the store, until it is let go; undefined where no place is left. So that
   * those who must be refused are refused at once, though all asked before the first was stored.
   */
  expect(): (() => void) | undefined
  /** A turn is queued: it is run now, or when there is a place. One already known is left alone. */
  consider(turn: { tenantId: string; turnId: string }): void
  /** Tells the visitor which place a turn has that was considered and has to wait; nothing where it need not. */
  announce(turn: { tenantId: string; turnId: string }): void
  /** Ends a turn of this process, and resolves once that is stored, or could not be for a while. Nothing where it runs elsewhere. */
  stop(turn: { turnId: string }): Promise<void>
  /** Takes up what an earlier process left, and keeps lease, checkpoints and queue going. */
  start(): Promise<void>
  /** No new turn from now on; those running may go on for `graceMs`, then they are interrupted. */
  drain(graceMs: number): Promise<void>
  load(): { running: number; queued: number }
}

interface Parts extends Omit<RunParts, 'owner' | 'enter'> {
  db: Db
  leases: Leases
  drafts: Drafts
  /** Tells the visitor of a waiting turn where it stands in the line. */
  tellPlace: (turn: { tenantId: string; turnId: string }, place: number) => Promise<void>
  limits?: Partial<EngineLimits>
}

export function createEngine({ db, leases, drafts, tellPlace, ...parts }: Parts): Engine {
  const { log } = parts
  const limits = { ...engineLimits, ...parts.limits }
  const owner = `run_${randomBytes(12).toString('base64url')}`
  const running = new Map<string, { run: Run; done: Promise<void> }>()
  const busy = new Map<string, string>()
  const waiting = createWaitingRoom()
  const timers: NodeJS.Timeout[] = []
  let draining = false
  /** Questions that are being stored. */
  let coming = 0
  const places = new Map<string, number>()

  /** Turns of a conversation whose answer before is still running: by conversation, the last that asked. */
  const behind = new Map<string, { tenantId: string; turnId: string }>()
  /** Turns told of once more while they were being looked at. */
  const again = new Set<string>()
  /** Turns whose run broke off without storing an end, by id. */
  const lost = new Map<string, Run>()

  const enter = (run: Run, conversationId: string): boolean => {
    const holder = busy.get(conversationId)
    if (holder !== undefined && holder !== run.turnId) {
      behind.set(conversationId, { tenantId: run.tenantId, turnId: run.turnId })
      return false
    }
    busy.set(conversationId, run.turnId)
    run.conversationId = conversationId
    return true
  }

  function leave(run: Run): void {
    running.delete(run.turnId)
    const { conversationId, tenantId, turnId } = run
    if (again.delete(turnId) && !run.text) waiting.add({ tenantId, turnId })
    if (conversationId && busy.get(conversationId) === turnId) {
      busy.delete(conversationId)
      const next = behind.get(conversationId)
      behind.delete(conversationId)
      if (next) engine.consider(next)
    }
    pump()
  }

  function launch(turn: { tenantId: string; turnId: string }): void {
    const run: Run = { ...turn, stored: 0, control: new AbortController() }
    const done = runTurn({ ...parts, owner, enter }, acrossTenants(db, log).of(turn.tenantId), run)
      .catch((error: unknown) => {
        lost.set(run.turnId, run)
        log.error('turn-crashed', { turnId: run.turnId, stack: error instanceof Error ? error.stack : String(error) })
      })
      .finally(() => leave(run))
    running.set(run.turnId, { run, done })
  }

  function pump(): void {
    while (!draining && running.size < limits.maxTurns) {
      const turn = waiting.next()
      if (!turn) return
      places.delete(turn.turnId)
      launch(turn)
    }
  }

  let sweeps = 0
  let hasDrafts = false

  async function checkpoint(): Promise<void> {
    const open = [...running.values()].flatMap(({ run }) => (run.text ? [{ run, text: run.text }] : []))
    const grown = open.filter(({ run, text }) => text.text.length > run.stored)
    if (open.length === 0) {
      if (hasDrafts && lost.size === 0) {
        await drafts.forget(owner)
        hasDrafts = false
      }
      return
    }
    const lengths = grown.map(({ text }) => text.text.length)
    if (grown.length > 0) {
      const needed = [...open.map(({ run }) => run), ...lost.values()]
      const keepFrom = Math.min(...needed.map((it) => it.firstDraft ?? Infinity))
      const pieces = grown.map(({ run, text: { messageId, attempt, text } }) => ({
        messageId,
        attempt,
        offset: run.stored,
        text: text.slice(run.stored),
      }))
      hasDrafts = true
      const number = await drafts.write(owner, pieces, keepFrom)
      grown.forEach(({ run }, i) => {
        run.stored = lengths[i]!
        run.firstDraft ??= number
      })
    }
    // Stopped or handed over by another process: what is still written here would be refused at its end.
    const held = await leases.held(owner)
    for (const { run } of open) if (!held.has(run.turnId)) run.control.abort()
  }

  /** False where it failed: the next round tries again, and the others do not wait for it. */
  async function recover(
    turn: { id: string; tenantId: string; owner: string | null },
    drafted: Drafted,
  ): Promise<boolean> {
    try {
      const outcome = await parts.turns.recover(acrossTenants(db, log).of(turn.tenantId), turn.id, turn.owner, drafted)
      if (outcome !== 'ended') log.info('turn-recovered', { turnId: turn.id, outcome })
      return true
    } catch (error) {
      // The store's trouble passes. What else there is lies in the text: better an end without it than none.
      if (!isFault(storeFault(error)) && drafted !== NOTHING) return recover(turn, NOTHING)
      log.error('recovery-failed', { turnId: turn.id, stack: error instanceof Error ? error.stack : String(error) })
      return false
    }
  }

  async function sweep(): Promise<void> {
    const orphans = (await leases.orphans()).filter((turn) => !running.has(turn.id))
    for (const dead of new Set(orphans.map((turn) => turn.owner))) {
      const said = await drafts.of(dead)
      for (const turn of orphans) if (turn.owner === dead) await recover(turn, said)
    }
    if (orphans.length > 0 || sweeps++ % TIDY_EVERY === 0) await drafts.forgetDead()
    const ended = [...lost].filter(([id]) => !running.has(id))
    const said = ended.length > 0 ? await drafts.of(owner) : NOTHING
    for (const [id, { tenantId }] of ended) if (await recover({ id, tenantId, owner }, said)) lost.delete(id)
    for (const { id: turnId, tenantId, conversationId } of await leases.waiting(limits.maxQueued + limits.maxTurns))
      if (!busy.has(conversationId)) engine.consider({ tenantId, turnId })
    for (const [i, turn] of waiting.inOrder().entries()) {
      if (places.get(turn.turnId) === i + 1) continue
      places.set(turn.turnId, i + 1)
      await tellPlace(turn, i + 1)
    }
  }

  /** Repeats `work`, never two at once; a failure is logged and the next round tries again. */
  function every(ms: number, name: string, work: () => Promise<void>): void {
    let busyNow = false
    timers.push(
      setInterval(() => {
        if (busyNow) return
        busyNow = true
        work()
          .catch((error: unknown) =>
            log.error(`${name}-failed`, { stack: error instanceof Error ? error.stack : String(error) }),
          )
          .finally(() => (busyNow = false))
      }, ms).unref(),
    )
  }

  const engine: Engine = {
    admit(tenantId) {
      if (draining) throw new Fault('shutting_down', 'The server is restarting; try again', { retryAfterMs: 2_000 })
      if (running.size + waiting.size < limits.maxTurns) return
      const full = waiting.size >= limits.maxQueued || waiting.of(tenantId) >= Math.max(1, limits.maxQueued / 2)
      if (full)
        throw new Fault('overloaded', 'Too many answers are being written; try again shortly', { retryAfterMs: 3_000 })
    },
    expect() {
      if (draining || running.size + waiting.size + coming >= limits.maxTurns + limits.maxQueued) return undefined
      coming++
      return () => void coming--
    },
    consider(turn) {
      if (draining) return
      if (running.has(turn.turnId)) {
        again.add(turn.turnId)
        return
      }
      waiting.add(turn)
      pump()
    },
    announce(turn) {
      const place = waiting.inOrder().findIndex((it) => it.turnId === turn.turnId) + 1
      if (place === 0 || places.get(turn.turnId) === place) return
      places.set(turn.turnId, place)
      tellPlace(turn, place).catch((error: unknown) => log.warn('place-not-told', { reason: String(error) }))
    },
    async stop({ turnId }) {
      if (waiting.remove(turnId)) places.delete(turnId)
      const it = running.get(turnId)
      if (!it) return
      it.run.ended ??= 'stopped'
      it.run.control.abort()
      // Where the store is away it waits for that; whoever stops is told so instead.
      await Promise.race([it.done, sleep(STOP_MS, undefined, { ref: false })])
    },
    async start() {
      if (db.kind === 'sqlite') await leases.clear()
      await leases.renew(owner, limits.leaseMs)
      await sweep()
      every(limits.leaseMs / 4, 'lease', () => leases.renew(owner, limits.leaseMs))
      every(limits.checkpointMs, 'checkpoint', checkpoint)
      every(limits.sweepMs, 'sweep', sweep)
    },
    async drain(graceMs) {
      draining = true
      const all = () => Promise.all([...running.values()].map((it) => it.done))
      await Promise.race([all(), new Promise((resolve) => setTimeout(resolve, graceMs).unref())])
      for (const { run } of running.values()) {
        run.hurried = true
        run.ended ??= 'interrupted'
        run.control.abort()
      }
      await all()
      for (const timer of timers) clearInterval(timer)
      await leases.release(owner)
      await drafts.forgetDead()
    },
    load: () => ({ running: running.size, queued: waiting.size }),
  }
  return engine
}
