import { Migration } from '@mikro-orm/migrations'

const statements = [
  `create table "usage_days" (
        "tenant_id" text not null,
        "day" text not null,
        "visitor_id" text not null,
        "app_id" text not null,
        "config" int not null,
        "model" text not null,
        "turns" int not null,
        "completed" int not null,
        "stopped" int not null,
        "interrupted" int not null,
        "failed" int not null,
        "input_tokens" bigint not null,
        "output_tokens" bigint not null,
        "cost_millionths" bigint not null,
        "estimated_turns" int not null,
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
        "created_at" timestamptz not null,
        primary key ("id"),
        constraint "notices_once_unique" unique ("tenant_id", "app_id", "day", "budget", "kind"),
        foreign key ("tenant_id") references "tenants" ("id")
      )`,
  `alter table "turns" add column "reckoning" jsonb null`,
  // Without a log of its own, so that counting a request waits for no disk: after a crash everybody begins anew.
  `create unlogged table "rate_limits" (
        "tenant_id" text not null,
        "name" text not null,
        "arrival" float8 not null,
        "admitted" boolean not null,
        primary key ("tenant_id", "name")
      )`,
  `create index "rate_limits_arrival_index" on "rate_limits" ("arrival")`,
]

/** What was used, what owners are told of it, and how often who has asked. */
export class Usage extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
