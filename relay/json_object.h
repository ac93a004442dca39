/*
 * json_object.h
 *	  Small JSON of the relay's own (progress, states, keys), by yajl: members
 *	  written and read by name.  No record passes here.
 *
 * LSNs and hashes stand as text: numbers of 64 bits do not survive all tools
 * that people look with.
 */
#ifndef JSON_OBJECT_H
#define JSON_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

/* Never NULL; for yajl's own functions too. */
extern yajl_gen json_begin(void);
/* What was written, for the caller to free; gen is freed. */
extern char *json_end(yajl_gen gen);

extern void json_put_text(yajl_gen gen, const char *text);
/* A member; nothing at all if text is NULL. */
extern void json_put(yajl_gen gen, const char *name, const char *text);
extern void json_put_number(yajl_gen gen, const char *name, int64_t number);
extern void json_put_flag(yajl_gen gen, const char *name, bool flag);
/* 16 hexadecimal digits. */
extern void json_put_hex(yajl_gen gen, const char *name, uint64_t number);
/* As PostgreSQL writes them. */
extern void json_put_lsn(yajl_gen gen, const char *name, uint64_t lsn);

/* NULL: it is no JSON; else yajl_tree_free. */
extern yajl_val json_parse(const char *json, size_t size);

/* NULL: there is no such member of that type; borrowed. */
extern yajl_val json_get_object(yajl_val map, const char *name);
extern yajl_val json_get_array(yajl_val map, const char *name);
extern const char *json_get_text(yajl_val map, const char *name);
/* False: missing, of another type or out of range; the value stays as it was. */
extern bool json_get_number(yajl_val map, const char *name, int64_t minimum, int64_t maximum, int64_t *number);
extern bool json_get_flag(yajl_val map, const char *name, bool *flag);
extern bool json_get_hex(yajl_val map, const char *name, uint64_t *number);
extern bool json_get_lsn(yajl_val map, const char *name, uint64_t *lsn);

#endif
