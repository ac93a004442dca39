/*
 * record_schema.c
 *	  See record_schema.h.
 */
#include "record_schema.h"

void
record_schema_open(yajl_gen gen)
{
	yajl_gen_map_open(gen);
	json_put_text(gen, "schema");
	yajl_gen_map_open(gen);
	json_put(gen, "type", "struct");
	json_put_text(gen, "fields");
	yajl_gen_array_open(gen);
}

void
record_schema_field(yajl_gen gen, const char *type, const char *name)
{
	yajl_gen_map_open(gen);
	json_put(gen, "type", type);
	json_put_flag(gen, "optional", false);
	json_put(gen, "field", name);
	yajl_gen_map_close(gen);
}

void
record_schema_close(yajl_gen gen, const char *name)
{
	yajl_gen_array_close(gen);
	json_put_flag(gen, "optional", false);
	json_put(gen, "name", name);
	json_put_number(gen, "version", 1);
	yajl_gen_map_close(gen);
	json_put_text(gen, "payload");
}
