#pragma once
/* attr.h: the few compiler attributes and ownership macros that all code uses.
 *
 * Owns     nothing.
 * Threads  compile-time only.
 * Source   GCC and clang attribute manuals. */

/* The caller must look at the result. */
#define NODISCARD __attribute__((warn_unused_result))

/* Never NULL: lets analyzers follow that a failure is seen by the caller. */
#define RETURNS_NONNULL __attribute__((returns_nonnull))

/* Check a printf-style format: position of the format, position of the first argument. */
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

/* Declare an owning local: CLEANUP(secret_buf) struct secret_buf *b = NULL; */
#define CLEANUP(type) __attribute__((cleanup(type##_cleanup)))

/* Next to a type's _free: defines the destructor that CLEANUP(type) calls. */
#define CLEANUP_DEFINE(type)                                                                       \
    static inline void type##_cleanup(struct type **p)                                             \
    {                                                                                              \
        type##_free(*p);                                                                           \
    }

/* Hand over what an owning local holds; the local is NULL afterwards. */
#define TAKE(p)                                                                                    \
    __extension__({                                                                                \
        __typeof__(p) taken_ = (p);                                                                \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Thread-safety contracts (clang -Wthread-safety); empty for gcc. */
#if defined(__clang__)
#define REQUIRES(lock) __attribute__((requires_capability(lock)))
#define CAPABILITY(name) __attribute__((capability(name)))
#define ACQUIRES(lock) __attribute__((acquire_capability(lock)))
#define RELEASES(lock) __attribute__((release_capability(lock)))
#define NO_THREAD_SAFETY __attribute__((no_thread_safety_analysis))
#else
#define REQUIRES(lock)
#define CAPABILITY(name)
#define ACQUIRES(lock)
#define RELEASES(lock)
#define NO_THREAD_SAFETY
#endif
