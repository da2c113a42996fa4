/* SPDX-License-Identifier: MIT */
#pragma once

/* Compiler attributes used all over the tree; empty where a compiler lacks them. */

#if defined(__GNUC__) || defined(__clang__)
#define ATR_NODISCARD __attribute__((warn_unused_result))
#define ATR_UNUSED    __attribute__((unused))
/* For the few functions that are one test before they are anything else. */
#define ATR_INLINE inline __attribute__((always_inline))
#if defined(__MINGW32__) && !defined(__clang__)
#define ATR_PRINTF(index, first) __attribute__((format(gnu_printf, index, first)))
#else
#define ATR_PRINTF(index, first) __attribute__((format(printf, index, first)))
#endif
#else
#define ATR_NODISCARD
#define ATR_UNUSED
#define ATR_INLINE inline
#define ATR_PRINTF(index, first)
#endif

#define ATR_COUNT(array) (sizeof(array) / sizeof((array)[0]))
