/*-------------------------------------------------------------------------
 *
 * encode_geometry.h
 *	  Geometric types of PostgreSQL and PostGIS (reference 4.1).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENCODE_GEOMETRY_H
#define ENCODE_GEOMETRY_H

#include "value_encoder.h"

/*
 * Completes the codec from type and modes; false: not a type of this file, or
 * one that debezium.version does not know yet.
 */
extern bool geometry_codec(ValueCodec *codec);

#endif /* ENCODE_GEOMETRY_H */
