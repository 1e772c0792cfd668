import { Migration } from '@mikro-orm/migrations'

const statements = [
  `create table "usage_days" (
        "tenant_id" text not null,
        "day" text not null,
        "visitor_id" text not null,
        "app_id" text not null,
        "config" integer not null,
        "model" text not null,
        "turns" integer not null,
        "completed" integer not null,
        "stopped" integer not null,
        "interrupted" integer not null,
        "failed" integer not null,
        "input_tokens" bigint not null,
        "output_tokens" bigint not null,
        "cost_millionths" bigint not null,
        "estimated_turns" integer not null,
        primary key ("tenant_id", "day", "visitor_id", "app_id", "config", "model"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id")
      )`,
  `create table "notices" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text not null,
        "kind" text not null,
        "budget" text not null,
        "day" text not null,
        "visitor_id" text null,
        "created_at" datetime not null,
        primary key ("id"),
        constraint "notices_once_unique" unique ("tenant_id", "app_id", "day", "budget", "kind"),
        foreign key ("tenant_id") references "tenants" ("id")
      )`,
  `alter table "turns" add column "reckoning" json null`,
]

/** What was used, and what owners are told of it. Requests are counted by the one process there is. */
export class Usage extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
