import { Migration } from '@mikro-orm/migrations'

/** What running answers say so far, apart from the messages: appended to, never rewritten. */
export class Drafts extends Migration {
  override up(): void {
    this.addSql(`create table "drafts" (
      "owner" text not null,
      "number" integer not null,
      "pieces" text not null,
      primary key ("owner", "number")
    )`)
  }
}
