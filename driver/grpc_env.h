#pragma once
/* grpc_env.h: the gRPC library, switched on and off, and taught our manners.
 *
 * Owns     one reference on the library per open.
 * Threads  any; open and close come in pairs. */

/* Start the library with every signal blocked in its threads, and its messages in our log. */
void grpc_env_open(void);

/* Drop the reference; with the last one the library's threads end. */
void grpc_env_close(void);
