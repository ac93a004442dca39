/*
 * unit.h
 *	  A tiny test harness: TAP on stdout, exit status from unit_done().
 *
 *	  int main(void)
 *	  {
 *		  unit_ok(1 + 1 == 2, "numbers add");
 *		  unit_is_str(name, "x", "name of %d", 3);
 *		  return unit_done();
 *	  }
 *
 * Each test program includes this once; the counters are its own.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct UnitState
{
	int run;
	int failed;
} UnitState;

static UnitState unit_state;

/* One test; returns passed, so that details can be printed behind it. */
__attribute__((format(printf, 2, 3), unused)) static bool
unit_ok(bool passed, const char *format, ...)
{
	va_list args;

	unit_state.run++;
	if (!passed)
		unit_state.failed++;
	printf("%sok %d - ", passed ? "" : "not ", unit_state.run);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return passed;
}

/* A line for people. */
__attribute__((format(printf, 1, 2), unused)) static void
unit_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* Texts are equal; NULL equals NULL only. */
#define unit_is_str(got, expected, ...) \
	do \
	{ \
		const char *unit_got = (got); \
		const char *unit_expected = (expected); \
		bool unit_same = unit_got && unit_expected ? strcmp(unit_got, unit_expected) == 0 : unit_got == unit_expected; \
		if (!unit_ok(unit_same, __VA_ARGS__)) \
		{ \
			unit_note("got:      %s", unit_got ? unit_got : "(null)"); \
			unit_note("expected: %s", unit_expected ? unit_expected : "(null)"); \
		} \
	} while (0)

#define unit_is_int(got, expected, ...) \
	do \
	{ \
		int64_t unit_got = (int64_t) (got); \
		int64_t unit_expected = (int64_t) (expected); \
		if (!unit_ok(unit_got == unit_expected, __VA_ARGS__)) \
			unit_note("got %lld, expected %lld at %s:%d", (long long) unit_got, (long long) unit_expected, __FILE__, \
					  __LINE__); \
	} while (0)

#define unit_is_uint(got, expected, ...) \
	do \
	{ \
		uint64_t unit_got = (uint64_t) (got); \
		uint64_t unit_expected = (uint64_t) (expected); \
		if (!unit_ok(unit_got == unit_expected, __VA_ARGS__)) \
			unit_note("got %llu, expected %llu at %s:%d", (unsigned long long) unit_got, \
					  (unsigned long long) unit_expected, __FILE__, __LINE__); \
	} while (0)

/* haystack contains needle. */
#define unit_contains(haystack, needle, ...) \
	do \
	{ \
		const char *unit_haystack = (haystack); \
		if (!unit_ok(unit_haystack && strstr(unit_haystack, (needle)), __VA_ARGS__)) \
			unit_note("\"%s\" not in: %s", (needle), unit_haystack ? unit_haystack : "(null)"); \
	} while (0)

/* Prints the plan; the exit status of the program. */
__attribute__((unused)) static int
unit_done(void)
{
	printf("1..%d\n", unit_state.run);
	if (unit_state.failed > 0)
		printf("# %d of %d failed\n", unit_state.failed, unit_state.run);
	return unit_state.failed > 0 ? 1 : 0;
}

#endif
