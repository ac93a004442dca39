/*
 * fuzz.h
 *	  What a fuzzer provides.  With clang each is a libFuzzer target
 *	  (-fsanitize=fuzzer); fuzz_main.c drives it with any compiler.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Tries one input; a sanitizer ends the process if that goes wrong. */
extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copies the good input of that index, at most room bytes; 0: there are no more. */
extern size_t fuzz_seed(size_t index, uint8_t *data, size_t room);

#endif
