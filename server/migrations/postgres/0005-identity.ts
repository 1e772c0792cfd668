import { Migration } from '@mikro-orm/migrations'

const statements = [
  `alter table "apps" add column "identity_mode" text not null default 'off'`,
  `create table "identity_secrets" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text not null,
        "name" text not null,
        "sealed" text not null,
        "created_by" text not null,
        "created_at" timestamptz not null,
        "revoked_at" timestamptz null,
        primary key ("id"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id")
      )`,
  `create index "identity_secrets_app_index" on "identity_secrets" ("app_id", "id")`,
  `create table "identity_counts" (
        "app_id" text not null,
        "day" text not null,
        "outcome" text not null,
        "tenant_id" text not null,
        "count" int not null,
        primary key ("app_id", "day", "outcome"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id")
      )`,
  `alter table "visitors" add column "subject" text null`,
  `alter table "visitors" add column "email" text null`,
  `alter table "visitors" add column "name" text null`,
  `create unique index "visitors_subject_unique" on "visitors" ("app_id", "subject")`,
  `alter table "sessions" add column "secret_id" text null`,
  `create index "sessions_secret_index" on "sessions" ("secret_id") where "secret_id" is not null`,
]

/** Secrets that customers sign with, visitors who are somebody, and what an app asks of them. */
export class Identity extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
