/*-------------------------------------------------------------------------
 *
 * clean_copy.c
 *	  See clean_copy.h.
 *
 * A stride is four registers of 16 bytes, on any machine that gcc and clang
 * know, or two of 32 where the processor has AVX2: half the instructions for
 * large values, which is worth a second version.
 *
 * Controls and the bytes from 0xF0 on are found by one comparison: shifted up
 * by 0x10, the latter wrap round and stand below the former.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CLEAN_COPY_PORTABLE)
#define HAVE_AVX2_VERSION
#include <immintrin.h>
#endif

#include "port/pg_bitutils.h"

#include "clean_copy.h"

typedef uint8 Block __attribute__((vector_size(16)));
typedef uint64 BlockWords __attribute__((vector_size(16)));

#define BLOCKS (CLEAN_STRIDE / sizeof(Block))

static inline BlockWords
escapes_of_block(Block block)
{
	return (BlockWords) (((block + 0x10) < 0x30) | (block == (uint8) '"') | (block == (uint8) '\\'));
}

static Size
copy_by_16(char *out, const char *in, Size size)
{
	Size done;

	for (done = 0; size - done >= CLEAN_STRIDE; done += CLEAN_STRIDE)
	{
		Block blocks[BLOCKS];
		BlockWords found;

		memcpy(blocks, in + done, sizeof(blocks));
		found = (escapes_of_block(blocks[0]) | escapes_of_block(blocks[1])) |
				(escapes_of_block(blocks[2]) | escapes_of_block(blocks[3]));
		memcpy(out + done, blocks, sizeof(blocks));
		if ((found[0] | found[1]) != 0)
			break;
	}
	if (size - done >= CLEAN_STRIDE)
		while (!needs_escape((unsigned char) in[done]))
			done++;
	return done;
}

#ifdef HAVE_AVX2_VERSION
/* AVX2 compares signed bytes only, hence the shift by 0x80 more. */
__attribute__((target("avx2"))) static inline __m256i
escapes_of_half(__m256i half)
{
	__m256i shifted = _mm256_add_epi8(half, _mm256_set1_epi8(0x10 - 0x80));
	__m256i outside = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x30 - 0x80), shifted);
	__m256i quotes = _mm256_cmpeq_epi8(half, _mm256_set1_epi8('"'));
	__m256i backslashes = _mm256_cmpeq_epi8(half, _mm256_set1_epi8('\\'));

	return _mm256_or_si256(outside, _mm256_or_si256(quotes, backslashes));
}

__attribute__((target("avx2"))) static Size
copy_by_32(char *out, const char *in, Size size)
{
	Size done;

	for (done = 0; size - done >= CLEAN_STRIDE; done += CLEAN_STRIDE)
	{
		__m256i first = _mm256_loadu_si256((const __m256i *) (in + done));
		__m256i second = _mm256_loadu_si256((const __m256i *) (in + done + 32));
		__m256i in_first = escapes_of_half(first);
		__m256i in_second = escapes_of_half(second);
		__m256i found = _mm256_or_si256(in_first, in_second);

		_mm256_storeu_si256((__m256i *) (out + done), first);
		_mm256_storeu_si256((__m256i *) (out + done + 32), second);
		if (!_mm256_testz_si256(found, found))
			return done + pg_rightmost_one_pos64((uint32) _mm256_movemask_epi8(in_first) |
												 (uint64) (uint32) _mm256_movemask_epi8(in_second) << 32);
	}
	return done;
}
#endif

Size
copy_clean_strides(char *out, const char *in, Size size)
{
#ifdef HAVE_AVX2_VERSION
	if (__builtin_cpu_supports("avx2"))
		return copy_by_32(out, in, size);
#endif
	return copy_by_16(out, in, size);
}
