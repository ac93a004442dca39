/*-------------------------------------------------------------------------
 *
 * transform_table.c
 *	  See transform_table.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform_table.h"

static const TransformClass *const transforms[] = {
#define TRANSFORM(object) &object,
#define PREDICATE(object)
#include "transform_table.def"
#undef TRANSFORM
#undef PREDICATE
};

static const TransformClass *const predicates[] = {
#define TRANSFORM(object)
#define PREDICATE(object) &object,
#include "transform_table.def"
#undef TRANSFORM
#undef PREDICATE
};

static const TransformClass *
find(const TransformClass *const *classes, int count, const char *type)
{
	for (int i = 0; i < count; i++)
		if (strcmp(classes[i]->type, type) == 0)
			return classes[i];
	return NULL;
}

const TransformClass *
transform_find(const char *type)
{
	return find(transforms, lengthof(transforms), type);
}

const TransformClass *
predicate_find(const char *type)
{
	return find(predicates, lengthof(predicates), type);
}
