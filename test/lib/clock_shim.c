/*
 * clock_shim.c
 *	  A wall clock that can be set, for one process: preloaded, it adds to
 *	  CLOCK_REALTIME what the file W2D_CLOCK says (int64_t, microseconds, in the
 *	  machine's order), at once whenever that changes.
 *
 * As in the kernel, a wait until a moment of the wall clock follows the clock:
 * it ends early when that is set forward, and late when it is set back.  Such
 * waits are made of short ones, whose ends look like spurious wake-ups.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SLICE_NS 50000000
/* A deadline before 2001 is one of the monotonic clock. */
#define FIRST_WALL_SECOND 1000000000

static int64_t
offset_us(void)
{
	static volatile const int64_t *shared;

	if (shared == NULL)
	{
		static const int64_t none = 0;
		const char *path = getenv("W2D_CLOCK");
		int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		void *map = fd >= 0 ? mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

		if (fd >= 0)
			close(fd);
		shared = map != MAP_FAILED ? map : &none;
	}
	return *shared;
}

static void
add_ns(struct timespec *at, int64_t ns)
{
	int64_t sum = at->tv_nsec + ns % 1000000000;

	at->tv_sec += ns / 1000000000 + (sum >= 1000000000) - (sum < 0);
	at->tv_nsec = sum + (sum < 0 ? 1000000000 : 0) - (sum >= 1000000000 ? 1000000000 : 0);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int) syscall(SYS_clock_gettime, clock, now);

	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		add_ns(now, offset_us() * 1000);
	return result;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec precise;

	(void) zone;
	clock_gettime(CLOCK_REALTIME, &precise);
	*now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
	return 0;
}

time_t
time(time_t *now)
{
	struct timespec precise;

	clock_gettime(CLOCK_REALTIME, &precise);
	if (now)
		*now = precise.tv_sec;
	return precise.tv_sec;
}

int
timespec_get(struct timespec *now, int base)
{
	return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

/* Until when to wait in truth, at most a slice; false: the moment has passed. */
static int
next_slice(const struct timespec *until, struct timespec *slice)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec))
		return 0;
	syscall(SYS_clock_gettime, CLOCK_REALTIME, slice);
	if (until->tv_sec - now.tv_sec > 1)
		add_ns(slice, SLICE_NS);
	else
	{
		int64_t left = (until->tv_sec - now.tv_sec) * 1000000000 + until->tv_nsec - now.tv_nsec;

		add_ns(slice, left < SLICE_NS ? left : SLICE_NS);
	}
	return 1;
}

int
cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict lock, const struct timespec *restrict until)
{
	static int (*real)(cnd_t *, mtx_t *, const struct timespec *);
	struct timespec slice;
	int result;

	if (!real)
		real = (int (*)(cnd_t *, mtx_t *, const struct timespec *)) dlsym(RTLD_NEXT, "cnd_timedwait");
	if (!next_slice(until, &slice))
		return thrd_timedout;
	result = real(condition, lock, &slice);
	return result == thrd_timedout ? thrd_success : result;
}

int
pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict lock,
					   const struct timespec *restrict until)
{
	static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
	struct timespec slice;
	int result;

	if (!real)
		real = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *)) dlsym(RTLD_NEXT,
																							 "pthread_cond_timedwait");
	if (until->tv_sec < FIRST_WALL_SECOND)
		return real(condition, lock, until);
	if (!next_slice(until, &slice))
		return ETIMEDOUT;
	result = real(condition, lock, &slice);
	return result == ETIMEDOUT ? 0 : result;
}
