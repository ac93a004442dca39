/*-------------------------------------------------------------------------
 *
 * java_map.h
 *	  The order in which java.util.HashMap gives its keys back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_MAP_H
#define JAVA_MAP_H

#include "postgres.h"

typedef struct JavaKey
{
	const char *utf8;
	Size size;
	uint32 hash; /* set by java_key() */
} JavaKey;

extern JavaKey java_key(const char *utf8, Size size);

/*
 * Places of the keys in the order of iteration, after they were put into an
 * empty map one by one, in the current context.  The keys are distinct.
 */
extern uint32 *java_map_order(const JavaKey *keys, uint32 count);

#endif /* JAVA_MAP_H */
