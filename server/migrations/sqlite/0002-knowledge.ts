import { Migration } from '@mikro-orm/migrations'

const statements = [
  `create table "knowledge_heads" (
        "app_id" text not null,
        "tenant_id" text not null,
        "revision" integer not null,
        primary key ("app_id"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id")
      )`,
  `create table "sources" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text not null,
        "name" text not null,
        "title" text not null,
        "mime_type" text not null,
        "size_bytes" integer not null,
        "hash" text not null,
        "revision" integer not null,
        "chunk_count" integer not null,
        "created_at" datetime not null,
        "updated_at" datetime not null,
        primary key ("id"),
        unique ("tenant_id", "id"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id"),
        constraint "sources_name_unique" unique ("app_id", "name"),
        constraint "sources_revision_unique" unique ("app_id", "revision")
      )`,
  `create table "chunks" (
        "app_id" text not null,
        "revision" integer not null,
        "position" integer not null,
        "tenant_id" text not null,
        "source_id" text not null,
        "heading_path" text not null,
        "anchor" text null,
        "text" text not null,
        "vector" blob not null,
        primary key ("app_id", "revision", "position"),
        foreign key ("tenant_id", "source_id") references "sources" ("tenant_id", "id")
      )`,
  `create index "chunks_source_index" on "chunks" ("source_id")`,
]

/** An app's documents and their passages. */
export class Knowledge extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
