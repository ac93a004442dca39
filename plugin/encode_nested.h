/*-------------------------------------------------------------------------
 *
 * encode_nested.h
 *	  Arrays and hstore (reference 4.1, 4.3).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_NESTED_H
#define ENCODE_NESTED_H

#include "value_encoder.h"

/*
 * Completes the codec from type, typmod and modes, the element's included.
 * False: not a type of this file, or an array that Debezium leaves out.
 */
extern bool nested_codec(ValueCodec *codec);

/*
 * Whether the codec is of an array whose items the schema calls required
 * (enums).  Debezium makes such an array null as a whole if an item is NULL.
 * A row's value is written as it is, and the record then takes a schema with
 * optional items; a key keeps its one schema, so its value still fails.
 */
extern bool array_items_required(const ValueCodec *codec);

/* bit[], for which null stands whatever it holds. */
extern bool array_is_never_written(const ValueCodec *codec);
extern void array_refuse_null_items(const ValueCodec *codec);

/* Whether the array is written with a null among its items.  Not for unchanged TOAST pointers. */
extern bool array_shows_null_item(Datum datum);

#endif /* ENCODE_NESTED_H */
