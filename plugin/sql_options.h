/*-------------------------------------------------------------------------
 *
 * sql_options.h
 *	  Options as the SQL functions take them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_OPTIONS_H
#define SQL_OPTIONS_H

#include "postgres.h"
#include "utils/array.h"

#include "plugin_options.h"

/*
 * From text[]: names and values in turn, or a single element that is a config
 * object.  format is set unless it is NULL.  In the current memory context.
 */
extern PluginOptions *options_from_array(ArrayType *array, const char *format);

#endif /* SQL_OPTIONS_H */
