/*-------------------------------------------------------------------------
 *
 * numeric_digits.h
 *	  The digits of a numeric as stored, and what JSON needs made of them:
 *	  unscaled integers in two's complement, and plain text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NUMERIC_DIGITS_H
#define NUMERIC_DIGITS_H

#include "postgres.h"

/* Decimal digits in one stored digit, and the base they make. */
#define GROUP_DIGITS 4
#define GROUP_BASE 10000

typedef enum NumericKind
{
	NUMERIC_FINITE,
	NUMERIC_IS_NAN,
	NUMERIC_IS_INFINITE
} NumericKind;

/* value = sum of group i times 10000 to the power of (weight - i); no zero groups at either end. */
typedef struct NumericDigits
{
	NumericKind kind;
	bool negative;
	int weight;
	int scale; /* decimal digits shown after the point */
	int count;
	const char *groups; /* int16 each, borrowed, perhaps not aligned */
} NumericDigits;

/* A numeric of any size, detoasted if it must be; groups point into it. */
extern void numeric_digits(NumericDigits *digits, Datum datum);

/* value / 10^scale, with room for the groups; scale >= 0. */
#define INT64_GROUPS 6
extern void numeric_digits_from_int64(NumericDigits *digits, int64 value, int scale, int16 *groups);

/* The fewest decimal digits after the point that show the value exactly. */
extern int numeric_exact_scale(const NumericDigits *digits);

/* value * 10^scale if that is an integer of at most 18 digits for certain; false otherwise. */
extern bool numeric_unscaled_int64(const NumericDigits *digits, int scale, int64 *unscaled);

/*
 * value * 10^scale as big-endian two's complement of the least length, as
 * java.math.BigInteger has it.  scale must not be below numeric_exact_scale().
 * The result is in small (UNSCALED_SMALL bytes) or in the current context.
 */
#define UNSCALED_SMALL 16
extern const char *numeric_unscaled(const NumericDigits *digits, int scale, char *small, Size *size);

/* Plain notation with scale digits after the point, not below the exact scale; in the current context. */
extern char *numeric_plain_text(const NumericDigits *digits, int scale, Size *size);

#endif /* NUMERIC_DIGITS_H */
