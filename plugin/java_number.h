/*-------------------------------------------------------------------------
 *
 * java_number.h
 *	  Numbers out of text, and into narrower types, as java.lang and
 *	  java.math do it.  Digits are ASCII's only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_NUMBER_H
#define JAVA_NUMBER_H

#include "postgres.h"

/* Byte.parseByte() to Long.parseLong(); false: NumberFormatException. */
extern bool java_parse_integer(const char *text, int64 min, int64 max, int64 *number);

/* Double.parseDouble(), or Float.parseFloat(); false: NumberFormatException. */
extern bool java_parse_double(const char *text, bool is_float, double *number);

/* A java.math.BigDecimal: digits times 10 to the power of -scale. */
typedef struct JavaDecimal
{
	bool negative;
	const char *digits; /* at least one; the first is zero only if it is the only one */
	int count;
	int32 scale;
} JavaDecimal;

/* new BigDecimal(text), in the current context; false: NumberFormatException. */
extern bool java_decimal_parse(const char *text, JavaDecimal *decimal);

/* BigDecimal.longValue(): the low 64 bits of what stands before the point. */
extern int64 java_decimal_long(const JavaDecimal *decimal);

/* BigDecimal.doubleValue(). */
extern double java_decimal_double(const JavaDecimal *decimal);

/* BigDecimal.floatValue(). */
extern float java_decimal_float(const JavaDecimal *decimal);

/* Has it no digits but zeros behind the point? */
extern bool java_decimal_is_integer(const JavaDecimal *decimal);

/* The unscaled value as BigInteger.toByteArray(), in the current context. */
extern const char *java_decimal_unscaled(const JavaDecimal *decimal, Size *size);

/* (long) of a double: what does not fit becomes the nearest that does, NaN zero. */
extern int64 java_double_long(double number);

/* (int) of a double, likewise. */
extern int32 java_double_int(double number);

#endif /* JAVA_NUMBER_H */
