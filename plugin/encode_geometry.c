/*-------------------------------------------------------------------------
 *
 * encode_geometry.c
 *	  point, box, lseg, path, polygon, circle and line as WKB or structs,
 *	  PostGIS geometry and geography as EWKB.
 *
 * Debezium declares Geometry, Circle and Line optional even for NOT NULL
 * columns; their schema functions say so, and the column may only add to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "utils/expandeddatum.h" /* varatt.h from 16 on */
#include "utils/geo_decls.h"
#include "utils/lsyscache.h"

#include "encode_geometry.h"
#include "encoder_table.h"

/* Before 3.7: Geometry version 1, without extensions, and of PostgreSQL's own types only point. */
#define EXTENSIONS_SINCE 307

#define WKB_POINT 1
#define WKB_LINE_STRING 2
#define WKB_POLYGON 3
#define WKB_HEADER_SIZE 5
#define WKB_POINT_SIZE (WKB_HEADER_SIZE + 16)
#define EWKB_SIZE_MIN 9
#define EWKB_HAS_SRID 0x20000000

#define GEOMETRY_NAME "io.debezium.data.geometry."

static char *
put_uint32(char *out, uint32 value)
{
	for (int shift = 0; shift < 32; shift += 8)
		*out++ = (char) (value >> shift);
	return out;
}

static char *
put_double(char *out, double value)
{
	uint64 bits;

	memcpy(&bits, &value, sizeof(bits));
	out = put_uint32(out, (uint32) bits);
	return put_uint32(out, (uint32) (bits >> 32));
}

static char *
put_point(char *out, const Point *point)
{
	out = put_double(out, point->x);
	return put_double(out, point->y);
}

/* Byte order mark and type; WKB is little-endian whatever the machine. */
static char *
put_header(char *out, uint32 geometry_type)
{
	*out++ = 1;
	return put_uint32(out, geometry_type);
}

/* {"wkb":…,"srid":null, and the extensions; closed may be NULL. */
static void
write_shape(JsonWriter *writer, const char *wkb, Size size, const char *type, const char *closed)
{
	json_member(writer, '{', "wkb");
	json_base64(writer, wkb, size, false);
	json_member(writer, ',', "srid");
	json_null(writer);
	json_member(writer, ',', "extensions");
	json_member(writer, '{', "type");
	json_cstring(writer, type);
	if (closed)
	{
		json_member(writer, ',', "closed");
		json_cstring(writer, closed);
	}
	json_literal(writer, "}}");
}

/* The points as a line string, or as a polygon of one ring; a ring that is not closed gets its first point again. */
static void
write_points(JsonWriter *writer, uint32 geometry_type, const Point *points, int count, const char *type,
			 const char *closed)
{
	bool is_ring = geometry_type == WKB_POLYGON;
	const Point *last = &points[count - 1];
	bool close_ring = is_ring && count >= 2 && (points[0].x != last->x || points[0].y != last->y);
	char *wkb = palloc(WKB_HEADER_SIZE + 8 + ((Size) count + 1) * 16);
	char *out = put_header(wkb, geometry_type);

	if (is_ring)
		out = put_uint32(out, 1);
	out = put_uint32(out, (uint32) count + close_ring);
	for (int i = 0; i < count; i++)
		out = put_point(out, &points[i]);
	if (close_ring)
		out = put_point(out, &points[0]);
	write_shape(writer, wkb, out - wkb, type, closed);
}

static void
write_box(JsonWriter *writer, const Point *corner, const Point *opposite)
{
	const Point ring[] = {*corner, {corner->x, opposite->y}, *opposite, {opposite->x, corner->y}, *corner};

	write_points(writer, WKB_POLYGON, ring, lengthof(ring), "box", NULL);
}

static bool
encode_box(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	const BOX *box = DatumGetBoxP(datum);

	write_box(writer, &box->high, &box->low);
	return true;
}

static bool
encode_lseg(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	write_points(writer, WKB_LINE_STRING, DatumGetLsegP(datum)->p, 2, "lseg", NULL);
	return true;
}

static bool
encode_path(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	const PATH *path = DatumGetPathP(datum);

	write_points(writer, WKB_LINE_STRING, path->p, path->npts, "path", path->closed ? "true" : "false");
	return true;
}

static bool
encode_polygon(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	const POLYGON *polygon = DatumGetPolygonP(datum);

	write_points(writer, WKB_POLYGON, polygon->p, polygon->npts, "polygon", NULL);
	return true;
}

static bool
box_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	const Point origin = {0, 0};
	const Point opposite = {1, 1};

	write_box(writer, &origin, &opposite);
	return true;
}

static bool
lseg_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	const Point points[] = {{0, 0}, {1, 0}};

	write_points(writer, WKB_LINE_STRING, points, lengthof(points), "lseg", NULL);
	return true;
}

static bool
path_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	const Point points[] = {{0, 0}, {1, 0}};

	write_points(writer, WKB_LINE_STRING, points, lengthof(points), "path", NULL);
	return true;
}

static bool
polygon_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	const Point points[] = {{0, 0}, {1, 0}, {0, 1}};

	write_points(writer, WKB_POLYGON, points, lengthof(points), "polygon", NULL);
	return true;
}

static ConnectSchema *
shape_schema(const char *name, int version, const char *doc)
{
	ConnectSchema *schema = connect_schema_named("struct", name, version);

	schema->doc = doc;
	return schema;
}

static ConnectSchema *
optional_schema(const char *type)
{
	ConnectSchema *schema = connect_schema_new(type);

	schema->optional = true;
	return schema;
}

static ConnectSchema *
geometry_schema(const ValueCodec *codec)
{
	bool has_extensions = codec->modes->release >= EXTENSIONS_SINCE;
	ConnectSchema *schema = shape_schema(GEOMETRY_NAME "Geometry", has_extensions ? 2 : 1, "Geometry");
	ConnectSchema *extensions;

	schema->optional = true;
	connect_schema_field(schema, "wkb", connect_schema_new("bytes"));
	connect_schema_field(schema, "srid", optional_schema("int32"));
	if (!has_extensions)
		return schema;
	extensions = optional_schema("map");
	extensions->keys = connect_schema_new("string");
	extensions->values = connect_schema_new("string");
	connect_schema_field(schema, "extensions", extensions);
	return schema;
}

static ConnectSchema *
geography_schema(const ValueCodec *codec pg_attribute_unused())
{
	ConnectSchema *schema = shape_schema(GEOMETRY_NAME "Geography", 1, "Geography");

	connect_schema_field(schema, "wkb", connect_schema_new("bytes"));
	connect_schema_field(schema, "srid", optional_schema("int32"));
	return schema;
}

static ConnectSchema *
point_schema(const ValueCodec *codec pg_attribute_unused())
{
	ConnectSchema *schema = shape_schema(GEOMETRY_NAME "Point", 1, "Geometry (POINT)");

	connect_schema_field(schema, "x", connect_schema_new("double"));
	connect_schema_field(schema, "y", connect_schema_new("double"));
	connect_schema_field(schema, "wkb", optional_schema("bytes"));
	connect_schema_field(schema, "srid", optional_schema("int32"));
	return schema;
}

static ConnectSchema *
circle_schema(const ValueCodec *codec)
{
	ConnectSchema *schema = shape_schema(GEOMETRY_NAME "Circle", 1, "Geometry (CIRCLE)");

	schema->optional = true;
	connect_schema_field(schema, "center", point_schema(codec));
	connect_schema_field(schema, "radius", connect_schema_new("double"));
	return schema;
}

static ConnectSchema *
line_schema(const ValueCodec *codec pg_attribute_unused())
{
	ConnectSchema *schema = shape_schema(GEOMETRY_NAME "Line", 1, "Geometry (LINE)");

	schema->optional = true;
	connect_schema_field(schema, "a", connect_schema_new("double"));
	connect_schema_field(schema, "b", connect_schema_new("double"));
	connect_schema_field(schema, "c", connect_schema_new("double"));
	return schema;
}

static void
write_point(JsonWriter *writer, const Point *point)
{
	char wkb[WKB_POINT_SIZE];

	put_point(put_header(wkb, WKB_POINT), point);
	json_member(writer, '{', "x");
	json_double(writer, point->x);
	json_member(writer, ',', "y");
	json_double(writer, point->y);
	json_member(writer, ',', "wkb");
	json_base64(writer, wkb, sizeof(wkb), false);
	json_member(writer, ',', "srid");
	json_literal(writer, "null}");
}

static bool
encode_point(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	write_point(writer, DatumGetPointP(datum));
	return true;
}

static bool
point_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	const Point origin = {0, 0};

	write_point(writer, &origin);
	return true;
}

static void
write_circle(JsonWriter *writer, const CIRCLE *circle)
{
	json_member(writer, '{', "center");
	write_point(writer, &circle->center);
	json_member(writer, ',', "radius");
	json_double(writer, circle->radius);
	json_char(writer, '}');
}

static bool
encode_circle(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	write_circle(writer, DatumGetCircleP(datum));
	return true;
}

static bool
circle_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	const CIRCLE origin = {{0, 0}, 0};

	write_circle(writer, &origin);
	return true;
}

static void
write_line(JsonWriter *writer, const LINE *line)
{
	json_member(writer, '{', "a");
	json_double(writer, line->A);
	json_member(writer, ',', "b");
	json_double(writer, line->B);
	json_member(writer, ',', "c");
	json_double(writer, line->C);
	json_char(writer, '}');
}

static bool
encode_line(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	write_line(writer, DatumGetLineP(datum));
	return true;
}

/* PostgreSQL refuses a line with A and B zero, so Debezium's is y = 0. */
static bool
line_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	const LINE axis = {0, 1, 0};

	write_line(writer, &axis);
	return true;
}

static uint32
get_uint32(const unsigned char *bytes, bool little_endian)
{
	uint32 value = 0;

	for (int i = 0; i < 4; i++)
		value |= (uint32) bytes[i] << 8 * (little_endian ? i : 3 - i);
	return value;
}

/* EWKB goes out as it is, with the SRID inside; the SRID is also a field of its own. */
static void
write_ewkb(const ValueCodec *codec, const char *ewkb, Size size, bool has_extensions, JsonWriter *writer)
{
	const unsigned char *bytes = (const unsigned char *) ewkb;
	bool little_endian = bytes[0] != 0;

	json_member(writer, '{', "wkb");
	json_base64(writer, ewkb, size, false);
	json_member(writer, ',', "srid");
	if (get_uint32(bytes + 1, little_endian) & EWKB_HAS_SRID)
		json_int64(writer, (int32) get_uint32(bytes + WKB_HEADER_SIZE, little_endian));
	else
		json_null(writer);
	if (has_extensions && codec->modes->release >= EXTENSIONS_SINCE)
	{
		json_member(writer, ',', "extensions");
		json_null(writer);
	}
	json_char(writer, '}');
}

/* PostGIS's send function gives EWKB, what its text is the hexadecimal form of. */
static bool
encode_ewkb(const ValueCodec *codec, Datum datum, bool has_extensions, JsonWriter *writer)
{
	bytea *ewkb = SendFunctionCall(unconstify(FmgrInfo *, &codec->output), datum);

	if (VARSIZE_ANY_EXHDR(ewkb) < EWKB_SIZE_MIN)
		return false;
	write_ewkb(codec, VARDATA_ANY(ewkb), VARSIZE_ANY_EXHDR(ewkb), has_extensions, writer);
	return true;
}

static bool
encode_geometry(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	return encode_ewkb(codec, datum, true, writer);
}

static bool
encode_geography(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	return encode_ewkb(codec, datum, false, writer);
}

/* GEOMETRYCOLLECTION EMPTY. */
static const char empty_collection[] = {1, 7, 0, 0, 0, 0, 0, 0, 0};

static bool
geometry_filler(const ValueCodec *codec, JsonWriter *writer)
{
	write_ewkb(codec, empty_collection, sizeof(empty_collection), true, writer);
	return true;
}

static bool
geography_filler(const ValueCodec *codec, JsonWriter *writer)
{
	write_ewkb(codec, empty_collection, sizeof(empty_collection), false, writer);
	return true;
}

#define GEOMETRY_ENCODER(what, schema_function) \
	{ \
		.name = #what, .schema = schema_function, .encode = encode_##what, .filler = what##_filler \
	}

static const ValueEncoder point_encoder = GEOMETRY_ENCODER(point, point_schema);
static const ValueEncoder box_encoder = GEOMETRY_ENCODER(box, geometry_schema);
static const ValueEncoder lseg_encoder = GEOMETRY_ENCODER(lseg, geometry_schema);
static const ValueEncoder path_encoder = GEOMETRY_ENCODER(path, geometry_schema);
static const ValueEncoder polygon_encoder = GEOMETRY_ENCODER(polygon, geometry_schema);
static const ValueEncoder circle_encoder = GEOMETRY_ENCODER(circle, circle_schema);
static const ValueEncoder line_encoder = GEOMETRY_ENCODER(line, line_schema);
static const ValueEncoder geometry_encoder = GEOMETRY_ENCODER(geometry, geometry_schema);
static const ValueEncoder geography_encoder = GEOMETRY_ENCODER(geography, geography_schema);

static const ValueEncoder *
builtin_encoder(Oid type)
{
	switch (type)
	{
		case POINTOID:
			return &point_encoder;
		case BOXOID:
			return &box_encoder;
		case LSEGOID:
			return &lseg_encoder;
		case PATHOID:
			return &path_encoder;
		case POLYGONOID:
			return &polygon_encoder;
		case CIRCLEOID:
			return &circle_encoder;
		case LINEOID:
			return &line_encoder;
		default:
			return NULL;
	}
}

static const ValueEncoder *
postgis_encoder(Oid type)
{
	if (type < FirstNormalObjectId || get_typtype(type) != TYPTYPE_BASE)
		return NULL;
	if (type_name_is(type, "geometry"))
		return &geometry_encoder;
	if (type_name_is(type, "geography"))
		return &geography_encoder;
	return NULL;
}

bool
geometry_codec(ValueCodec *codec)
{
	const ValueEncoder *encoder = builtin_encoder(codec->type);
	Oid send_function;
	bool is_varlena;

	if (encoder && encoder != &point_encoder && codec->modes->release < EXTENSIONS_SINCE)
		return false;
	if (!encoder)
	{
		encoder = postgis_encoder(codec->type);
		if (!encoder)
			return false;
		getTypeBinaryOutputInfo(codec->type, &send_function, &is_varlena);
		fmgr_info(send_function, &codec->output);
	}
	codec->encoder = encoder;
	return true;
}
