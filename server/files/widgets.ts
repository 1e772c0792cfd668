/** Which version of the widget who gets: the one its app names, or, for a share of the visitors, the next. */
import { randomInt } from 'node:crypto'
import { Fault, type Widget, type WidgetChoice } from '@aside/protocol'
import type { Log, Scope } from '../platform/index.ts'
import { type LiveApp, placeOf, type Tenancy } from '../tenancy/index.ts'
import type { Cdn } from './cdn.ts'
import type { Integrity } from './cdn-index.ts'

export interface VersionedWidget {
  widget: Widget
  /** The app's. */
  version: number
}

/** A version to load. */
export interface Release {
  version: string
  integrity: Integrity
}

export interface Gone {
  appId: string
  name: string
  /** What the app names, and what is served in its place. */
  wanted: string
  served: string
}

export interface Widgets {
  /** Throws `not_found`. */
  read(scope: Scope, appId: string): Promise<VersionedWidget>
  /** Throws `not_found`, `precondition_failed`, and `invalid_input` for a version there is not. */
  choose(scope: Scope, appId: string, choice: WidgetChoice, expected?: number): Promise<VersionedWidget>
  /** `browser` is what can be told of it; undefined: nothing. Undefined where there is no widget at all. */
  releaseFor(app: Pick<LiveApp, 'id' | 'widget'> | undefined, browser: string | undefined): Release | undefined
  /** For the operator: the apps that name a version which is not there any more. */
  gone(): Promise<Gone[]>
}

interface Parts {
  cdn: Cdn
  tenancy: Tenancy
  log: Log
}

/**
 * The name of the version for this browser. The same one gets the same again as long as what can be told of it stays the same; of one
 * of which nothing can be told the share is right, and that is all.
 */
export function versionFor(
  { id, widget: { version, next } }: Pick<LiveApp, 'id' | 'widget'>,
  browser: string | undefined,
): string {
  if (!next) return version
  const place = browser === undefined ? randomInt(100) : placeOf(browser, id, next.version)
  return place < next.percent ? next.version : version
}

export function createWidgets({ cdn, tenancy, log }: Parts): Widgets {
  const { widgetChoices } = tenancy
  const told = new Set<string>()

  function tellGone(appId: string, wanted: string, served: string): void {
    const line = `${appId} ${wanted}`
    if (told.has(line)) return
    if (told.size >= 10_000) told.clear()
    told.add(line)
    log.warn('widget-version-gone', { appId, wanted, served })
  }

  function show({ version, next }: WidgetChoice): Widget {
    const [found, foundNext] = [cdn.resolve(version), next && cdn.resolve(next.version)]
    const gone = [...(found?.isGone ? [version] : []), ...(foundNext?.isGone && next ? [next.version] : [])]
    return {
      version,
      ...(next ? { next } : {}),
      ...(found ? { serves: { version: found.version, ...(foundNext ? { next: foundNext.version } : {}) } } : {}),
      gone: [...new Set(gone)],
      available: [...cdn.channels().keys()],
    }
  }

  /** What is there already may be named again, whether or not its version is: who lowers a share need not mend the rest. */
  function mustBeThere(choice: WidgetChoice, before: WidgetChoice): void {
    const channels = cdn.channels()
    const isKnown = (name: string) => name === 'latest' || channels.has(name)
    const named = [before.version, before.next?.version]
    const issues = [
      { path: 'body.version', name: choice.version },
      ...(choice.next ? [{ path: 'body.next.version', name: choice.next.version }] : []),
    ].filter(({ name }) => !isKnown(name) && !named.includes(name))
    if (issues.length === 0) return
    const there =
      channels.size === 0 ? 'there is none: the widget was not built' : `there is ${[...channels.keys()].join(', ')}`
    throw new Fault(
      'invalid_input',
      `No such version of the widget: ${issues.map((it) => it.name).join(', ')}; ${there}`,
      {
        issues: issues.map(({ path }) => ({ path, message: there.slice(0, 300) })),
      },
    )
  }

  return {
    async read(scope, appId) {
      const { choice, version } = await widgetChoices.read(scope, appId)
      return { widget: show(choice), version }
    },

    async choose(scope, appId, choice, expected) {
      mustBeThere(choice, (await widgetChoices.read(scope, appId)).choice)
      const set = await widgetChoices.set(scope, appId, choice, expected)
      return { widget: show(set.choice), version: set.version }
    },

    releaseFor(app, browser) {
      const wanted = app ? versionFor(app, browser) : 'latest'
      const found = cdn.resolve(wanted)
      if (app && found?.isGone) tellGone(app.id, wanted, found.version)
      return found
    },

    async gone() {
      const chosen = await widgetChoices.all()
      return chosen.flatMap(({ appId, name, choice: { version, next } }) =>
        [version, ...(next ? [next.version] : [])].flatMap((wanted) => {
          const found = cdn.resolve(wanted)
          return found?.isGone ? [{ appId, name, wanted, served: found.version }] : []
        }),
      )
    },
  }
}
