/*-------------------------------------------------------------------------
 *
 * encode_hstore.h
 *	  hstore as JSON text or as a map, in the order of java.util.HashMap
 *	  (reference 4.1, 13.4).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_HSTORE_H
#define ENCODE_HSTORE_H

#include "value_encoder.h"

/* Completes the codec from type and modes; false: not an hstore. */
extern bool hstore_codec(ValueCodec *codec);

#endif /* ENCODE_HSTORE_H */
