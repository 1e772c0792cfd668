import { Migration } from '@mikro-orm/migrations'

/** Which version of the widget an app's visitors get. */
export class WidgetVersions extends Migration {
  override up(): void {
    this.addSql(`alter table "apps" add column "widget" jsonb null`)
  }
}
