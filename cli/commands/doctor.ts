import type { Command } from 'commander'
import { act } from '../context.ts'
import { checkHere, checkThere } from '../doctor/machine.ts'
import { report } from '../doctor/report.ts'
import { usage } from '../problems.ts'
import { examinePage, type PageOptions } from './doctor-page.ts'

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor [page-url]')
    .description('check the configuration, the store, the widget and the model; or what stands in the way of a page')
    .option('--origin <origin>', 'of a page: speak as one of this origin, instead of its own')
    .option('--timeout <seconds>', 'of a page: how long to wait for each answer (default: 20)')
    .option('--app <app>', 'of a page: the app that is to be there, by name or id')
    .option('--browser', 'of a page: also open it in the Chromium of this machine')
    .addHelpText(
      'after',
      '\nIt exits with 1 when something is not as it should be, and says what to do about it.\nWith the address of a page it looks at that page as a browser would, and at the server from there.\nWith --json both say { ok, checks: [{ group, name, status, detail, fix? }] }; a status is ok, warn or fail.\n\nExamples:\n  $ aside doctor\n  $ aside doctor https://shop.example/help\n  $ aside doctor --url https://chat.example --key as_sk_live_…',
    )
    .action(
      act(async (context, page: string | undefined, options: PageOptions) => {
        if (page !== undefined) return examinePage(context, page, options)
        const given = Object.keys(options).filter((it) => ['origin', 'timeout', 'app', 'browser'].includes(it))[0]
        if (given !== undefined)
          throw usage(`--${given} is about a page`, 'give its address: aside doctor https://shop.example')
        report(context, context.globals.url === undefined ? await checkHere(context) : await checkThere(context))
      }),
    )
}
