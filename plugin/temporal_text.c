/*-------------------------------------------------------------------------
 *
 * temporal_text.c
 *	  See temporal_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "temporal_text.h"

static const char digit_pairs[] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
	"99";

static inline char *
put_pair(char *out, uint32 value)
{
	memcpy(out, digit_pairs + 2 * value, 2);
	return out + 2;
}

/*
 * The calendar is shifted so that years begin in March and days count from
 * zero in the year -32800: leap days then end a year and no sign is left, so
 * every division is by a constant of an unsigned number (Neri and Schneider,
 * "Euclidean affine functions and their application to calendar algorithms").
 */
CivilDate
civil_date(int64 epoch_day)
{
	const uint64 four_days = 4 * (uint64) (epoch_day + 719468 + 146097 * 82) + 3;
	const uint32 century = (uint32) (four_days / 146097);
	const uint32 day_of_century = (uint32) (four_days % 146097) / 4;
	const uint64 scaled = UINT64CONST(2939745) * (4 * day_of_century + 3);
	const uint32 year_of_century = (uint32) (scaled >> 32);
	const uint32 day_of_year = (uint32) scaled / 2939745 / 4;
	const uint32 month_and_day = 2141 * day_of_year + 197913;
	const bool next_year = day_of_year >= 306;
	CivilDate date;

	date.year = (int) (100 * century + year_of_century) - 400 * 82 + next_year;
	date.month = (int) (month_and_day >> 16) - (next_year ? 12 : 0);
	date.day = (int) ((month_and_day & 0xFFFF) / 2141) + 1;
	return date;
}

/* Four digits; a sign for years before 0 and beyond 9999, which may have more. */
static char *
put_year(char *out, int year)
{
	uint32 rest;

	if (year < 0 || year > 9999)
		*out++ = year < 0 ? '-' : '+';
	rest = (uint32) abs(year);
	if (unlikely(rest > 9999))
	{
		uint32 high = rest / 10000;
		uint32 unit = 1;

		while (high / unit > 9)
			unit *= 10;
		for (; unit > 0; unit /= 10)
			*out++ = (char) ('0' + high / unit % 10);
		rest %= 10000;
	}
	out = put_pair(out, rest / 100);
	return put_pair(out, rest % 100);
}

char *
text_date(char *out, int64 epoch_day)
{
	CivilDate date = civil_date(epoch_day);

	out = put_year(out, date.year);
	*out++ = '-';
	out = put_pair(out, (uint32) date.month);
	*out++ = '-';
	return put_pair(out, (uint32) date.day);
}

char *
text_clock(char *out, int32 second_of_day)
{
	const uint32 minutes = (uint32) second_of_day / 60;

	out = put_pair(out, minutes / 60);
	*out++ = ':';
	out = put_pair(out, minutes % 60);
	*out++ = ':';
	return put_pair(out, (uint32) second_of_day - minutes * 60);
}

char *
text_fraction(char *out, int32 micros, int digits)
{
	char all[6];

	if (digits <= 0)
		return out;
	put_pair(all, (uint32) micros / 10000);
	put_pair(all + 2, (uint32) micros / 100 % 100);
	put_pair(all + 4, (uint32) micros % 100);
	*out++ = '.';
	memcpy(out, all, Min(digits, 6));
	return out + Min(digits, 6);
}

char *
text_short_fraction(char *out, int32 micros)
{
	if (micros == 0)
		return out;
	out = text_fraction(out, micros, 6);
	while (out[-1] == '0')
		out--;
	return out;
}
