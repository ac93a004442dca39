/*
 * fuzz_main.c
 *	  Good inputs, changed at random, for some seconds.  An input that found
 *	  nothing new is not told from others; that is what libFuzzer is for.
 *
 * usage: fuzz_X [SECONDS [SEED]]		 prints one line of TAP
 *		  fuzz_X FILE					 tries the input in that file
 *
 * The input at work is kept in fuzz_X.input, to be tried again after a crash.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_MAX 8192
#define CHANGES_MAX 8

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Bytes that mean something to one parser or another. */
static uint8_t
telling_byte(uint64_t *state)
{
	static const char telling[] = "\0\0\xff\x7f\x80\n\r\t \"\\{}[]()$:=,;*+?|%/.-0129euU";

	return (uint8_t) telling[next_random(state) % (sizeof(telling) - 1)];
}

static size_t
insert(uint8_t *data, size_t size, size_t at, const uint8_t *bytes, size_t count)
{
	if (size + count > INPUT_MAX)
		return size;
	memmove(data + at + count, data + at, size - at);
	memcpy(data + at, bytes, count);
	return size + count;
}

static size_t
change(uint8_t *data, size_t size, uint64_t *state)
{
	size_t at = size > 0 ? next_random(state) % size : 0;
	size_t count = 1 + next_random(state) % 16;
	uint8_t bytes[16];

	if (count > size - at)
		count = size - at;
	switch (next_random(state) % 6)
	{
		case 0: /* a bit */
			if (size > 0)
				data[at] ^= (uint8_t) (1 << next_random(state) % 8);
			return size;
		case 1: /* a byte */
			if (size > 0)
				data[at] = next_random(state) % 2 ? telling_byte(state) : (uint8_t) next_random(state);
			return size;
		case 2:
			bytes[0] = telling_byte(state);
			return insert(data, size, at, bytes, 1);
		case 3: /* cut out */
			memmove(data + at, data + at + count, size - at - count);
			return size - count;
		case 4: /* again */
			memcpy(bytes, data + at, count);
			return insert(data, size, at, bytes, count);
		default: /* cut off, seldom */
			return next_random(state) % 8 == 0 ? at : size;
	}
}

/* The input at work, in a file that outlives a crash. */
typedef struct Kept
{
	uint8_t data[INPUT_MAX];
	uint64_t size;
} Kept;

static Kept *
map_kept(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	Kept *kept = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(Kept)) == 0)
		kept = mmap(NULL, sizeof(Kept), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (kept == MAP_FAILED)
	{
		perror(path);
		exit(1);
	}
	close(fd);
	return kept;
}

static unsigned long
run(const char *path, double seconds, uint64_t state)
{
	Kept *kept = map_kept(path);
	uint8_t *data = kept->data;
	struct timespec start;
	struct timespec now;
	unsigned long count = 0;
	size_t seeds = 0;

	while (fuzz_seed(seeds, data, INPUT_MAX) > 0)
		seeds++;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do
	{
		size_t size = fuzz_seed(next_random(&state) % seeds, data, INPUT_MAX);

		for (uint64_t left = count < seeds ? 0 : 1 + next_random(&state) % CHANGES_MAX; left > 0; left--)
			size = change(data, size, &state);
		kept->size = size;
		LLVMFuzzerTestOneInput(data, size);
		count++;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double) (now.tv_sec - start.tv_sec) + (double) (now.tv_nsec - start.tv_nsec) / 1e9 < seconds);
	return count;
}

static int
run_file(const char *path)
{
	Kept kept = {.size = 0};
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL)
		return 1;
	size = fread(&kept, 1, sizeof(kept), file);
	fclose(file);
	return LLVMFuzzerTestOneInput(kept.data, size == sizeof(kept) && kept.size <= INPUT_MAX ? kept.size : size);
}

int
main(int argc, char **argv)
{
	char *end = "";
	double seconds = argc > 1 ? strtod(argv[1], &end) : 1;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t) time(NULL);
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash != NULL ? slash + 1 : argv[0];
	char path[256];

	if (*end != '\0')
		return run_file(argv[1]);
	snprintf(path, sizeof(path), "%s.input", name);
	printf("# %s, seed %llu\n", name, (unsigned long long) seed);
	fflush(stdout);
	printf("ok - %s: %lu inputs\n", name, run(path, seconds, seed != 0 ? seed : 1));
	remove(path);
	return 0;
}
