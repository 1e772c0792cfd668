/** A conversation of two thousand messages: opened, scrolled through, and answered in. */
import type { Page } from 'playwright-core'
import { chatOfTag } from '../host-demo/testing/chat.ts'
import { acrossTenants, createLog, openDb } from '../server/platform/index.ts'
import { FRAME_MS, type Frames, framesWhile, median, onStage, round, type Stage } from './stage.ts'
import { traced } from './trace.ts'

const MESSAGES = 2_000

const answer = `Aside answers from **your own documents**, and says where each sentence comes from.

- The answer goes on when its reader leaves.
- It is taken up again where the reader was, see [the guide](https://docs.example/guide).

\`\`\`sh
npm run setup
\`\`\`
`

/** Behind the server's back: asking a thousand questions would measure the asking. */
export async function fill({ server, tenantId }: Stage): Promise<void> {
  const db = await openDb({ kind: 'sqlite', file: server.file }, [])
  const { em } = acrossTenants(db, createLog('silent')).of(tenantId)
  const id = (number: string) => `printf('msg_%026d', ${number})`
  await em.execute(`
    with recursive n(seq) as (select 3 union all select seq + 1 from n where seq < ${MESSAGES})
    insert into messages (id, tenant_id, conversation_id, seq, author, status, text, reply_to, attempt, citations,
      finish_reason, created_at)
    select ${id('n.seq')}, m.tenant_id, m.conversation_id, n.seq, case n.seq % 2 when 1 then 'visitor' else 'assistant' end,
      'completed', case n.seq % 2 when 1 then 'And what about number ' || n.seq || '?' else '${answer}' end,
      case n.seq % 2 when 0 then ${id('n.seq - 1')} end, case n.seq % 2 when 0 then 1 end, '[]',
      case n.seq % 2 when 0 then 'stop' end, m.created_at
    from n, (select * from messages where seq = 1) m`)
  await em.execute(`update conversations set last_seq = ${MESSAGES}`)
  await db.close()
}

const shown = (page: Page) => chatOfTag(page).panel.locator('.mine, .answer')

/** From a click on the bubble to the newest message on the screen, on a page that was loaded before. */
async function open(page: Page): Promise<number> {
  // It would be open from the beginning.
  await page.evaluate(() => sessionStorage.clear())
  await page.reload()
  await page.waitForTimeout(300)
  const chat = chatOfTag(page)
  const from = await chat.launcher.evaluate((it: HTMLElement) => {
    it.click()
    return performance.timeOrigin + performance.now()
  })
  const at = await chat.answers.last().evaluate(
    (it) =>
      new Promise<number>((resolve) => {
        const look = () => {
          const isDrawn = it.isConnected && it.getBoundingClientRect().bottom > 0 && it.querySelector('.md')
          if (isDrawn) setTimeout(() => resolve(performance.timeOrigin + performance.now()))
          else requestAnimationFrame(look)
        }
        requestAnimationFrame(look)
      }),
  )
  return at - from
}

/** To the beginning of what is there, until more has come: how far what is read was moved by it, in pixels. */
async function scrollUp(it: HTMLElement | SVGElement): Promise<number> {
  const frame = () => new Promise(requestAnimationFrame)
  const rows = () => it.querySelectorAll('.mine').length
  const before = rows()
  it.scrollTo({ top: 30 })
  const first = it.querySelector('.mine')!
  let top = first.getBoundingClientRect().top
  while (rows() === before) {
    top = first.getBoundingClientRect().top
    await frame()
  }
  await frame()
  await frame()
  return Math.abs(first.getBoundingClientRect().top - top)
}

export const widgetThread = () =>
  onStage('essay:400:10', async (stage) => {
    const page = await stage.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('The first question')
    await chat.answered()
    await fill(stage)

    /** What it costs the main thread, in processor time: whatever else the machine does. */
    async function measured(work: () => Promise<unknown>) {
      const trace = await traced(stage.browser, page, async () => {
        await page.evaluate(() => performance.mark('bench-begin'))
        await work()
        await page.evaluate(() => performance.mark('bench-end'))
      })
      const [begin, end] = [trace.mark('begin'), trace.mark('end')]
      const tasks = trace.tasks(begin, end)
      return {
        cpuMs: round(tasks.reduce((sum, ms) => sum + ms, 0)),
        tasks: tasks.length,
        tasksLongerThanAFrame: tasks.filter((ms) => ms > FRAME_MS).length,
        longestTaskMs: round(Math.max(...tasks)),
      }
    }

    const opened = []
    for (let run = 0; run < 5; run++) {
      let ms = 0
      const { cpuMs } = await measured(async () => (ms = await open(page)))
      opened.push({ ms, cpuMs })
    }

    // Page by page, as a reader does who scrolls up.
    const scroller = chat.panel.locator('.scroller')
    const jumps: number[] = []
    while ((await shown(page).count()) < MESSAGES) jumps.push(await scroller.evaluate(scrollUp))
    const all = await shown(page).count()

    let scrolled: Frames | undefined
    const scrolling = await measured(async () => {
      scrolled = await framesWhile(page, async () => {
        for (const way of [1, -1])
          await scroller.evaluate(
            (it, sign) =>
              new Promise<void>((resolve) => {
                const until = performance.now() + 4_000
                const step = () => {
                  it.scrollTop += sign * 60
                  if (performance.now() < until) requestAnimationFrame(step)
                  else resolve()
                }
                requestAnimationFrame(step)
              }),
            way,
          )
      })
    })

    const answering = await measured(async () => {
      await chat.ask('One more?')
      await chat.answers
        .nth(MESSAGES / 2)
        .locator('.md')
        .waitFor()
      await page.waitForTimeout(3_000)
    })
    return {
      messages: all,
      openMs: round(median(opened.map((it) => it.ms))),
      openMainThreadMs: round(median(opened.map((it) => it.cpuMs))),
      earlierPageMovesPx: { p50: round(median(jumps)), most: round(Math.max(...jumps)) },
      scroll: { ...scrolled, ...scrolling },
      answeringInIt: answering,
    }
  })
