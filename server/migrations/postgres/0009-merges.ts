import { Migration } from '@mikro-orm/migrations'

const statements = [
  // The primary key: whoever was merged is merged for good, into one.
  `create table "visitor_merges" (
        "visitor_id" text not null,
        "tenant_id" text not null,
        "into_id" text not null,
        "created_at" timestamptz not null,
        primary key ("visitor_id"),
        foreign key ("tenant_id", "visitor_id") references "visitors" ("tenant_id", "id"),
        foreign key ("tenant_id", "into_id") references "visitors" ("tenant_id", "id")
      )`,
  `create index "visitor_merges_into_index" on "visitor_merges" ("into_id")`,
]

/** Who an anonymous visitor turned out to be. */
export class Merges extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
