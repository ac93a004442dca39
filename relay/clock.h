/*
 * clock.h
 *	  The two clocks: monotonic for waiting, wall for what people and
 *	  PostgreSQL see.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

/* 2000-01-01 in microseconds since 1970: PostgreSQL's zero. */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

static inline int64_t
clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline int64_t
clock_wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
