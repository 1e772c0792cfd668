/**
 * One of several processes that read and then write the same row of one SQLite file, through our own store:
 * `node contender.ts <file> <times>` prints what went wrong, as a JSON list.
 */
import { acrossTenants, createLog, openDb } from '../platform/index.ts'
import { StoreFacts } from '../streams/entities.ts'

const [file = '', times = '0'] = process.argv.slice(2)
const db = await openDb({ kind: 'sqlite', file }, [StoreFacts])
const scope = acrossTenants(db, createLog('silent'))
const failures: string[] = []

for (let left = Number(times); left > 0; left--)
  try {
    await scope.transaction(async ({ em }) => {
      const { value } = await em.findOneOrFail(StoreFacts, { name: 'counter' }, { disableIdentityMap: true })
      await em.nativeUpdate(StoreFacts, { name: 'counter' }, { value: String(Number(value) + 1) })
    })
  } catch (error) {
    failures.push(error instanceof Error && 'code' in error ? String(error.code) : String(error))
  }
await db.close()
process.stdout.write(JSON.stringify(failures))
