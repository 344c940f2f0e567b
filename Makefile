# Lockstep. `make help` lists what there is to do.
PROFILE ?= debug
B       ?= build/$(PROFILE)
CACHE   ?= $(or $(LOCKSTEP_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lockstep)
export LOCKSTEP_CACHE := $(CACHE)

VERSION := $(shell sed -n 's/^## \[\([0-9][^]]*\)\].*/\1/p' CHANGELOG.md | head -n 1)
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wcast-qual -Wswitch-enum -Wvla -Wmissing-prototypes \
        -Wstrict-prototypes -Wundef -Wpointer-arith -Wwrite-strings -Werror
ifneq ($(findstring clang,$(CC)),)
WARN += -Wthread-safety
else
WARN += -Wformat-signedness
endif

opt.debug    := -O1 -fno-omit-frame-pointer
opt.asan     := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
opt.tsan     := -O1 -fno-omit-frame-pointer -fsanitize=thread
opt.coverage := -O0 --coverage
opt.release  := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
                -fstack-clash-protection -fPIE -ffunction-sections -fdata-sections
link.asan     := -fsanitize=address,undefined
link.tsan     := -fsanitize=thread
link.coverage := --coverage

PKGS     := grpc_unsecure libprotobuf-c libcurl libcjson yaml-0.1 openssl libmicrohttpd
CPPFLAGS += -D_GNU_SOURCE -Iagent -I. -I$(B)/gen -MMD -MP
CFLAGS   += -std=gnu17 -g $(opt.$(PROFILE)) $(WARN)
LDFLAGS  += $(link.$(PROFILE)) -Wl,--as-needed
LDLIBS   += -lgrpc_unsecure -lgpr -lprotobuf-c -lcurl -lcjson -lyaml -lssl -lcrypto -lmicrohttpd \
            -lpthread -lm

PROTO    := $(patsubst proto/%.proto,%,$(wildcard proto/*.proto))
GEN_C    := $(PROTO:%=$(B)/gen/proto/%.pb-c.c)
GEN_H    := $(PROTO:%=$(B)/gen/proto/%.pb-c.h)
SRC      := $(filter-out agent/cmd/main.c,$(wildcard agent/*/*.c driver/*.c))
OBJ      := $(SRC:%.c=$(B)/%.o) $(GEN_C:%.c=%.o)
SUPPORT  := $(patsubst %.c,$(B)/%.o,$(wildcard tests/support/*.c))
UNIT     := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
SCENARIO := $(patsubst tests/scenario/%.c,$(B)/scenario/%,$(wildcard tests/scenario/test_*.c))

.DEFAULT_GOAL := all
.PHONY: all help
.SECONDARY:

all: $(B)/lockstep ## Build the program into build/debug/

$(B)/lockstep: $(B)/agent/cmd/main.o $(B)/liblockstep.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/liblockstep.a: $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/%.o: %.c | $(GEN_H)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/gen/proto/%.pb-c.c $(B)/gen/proto/%.pb-c.h: proto/%.proto
	@mkdir -p $(B)/gen
	protoc-c --c_out=$(B)/gen $<

$(B)/gen/%.o: $(B)/gen/%.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-cast-qual -c -o $@ $<

$(B)/unit/%: $(B)/tests/unit/%.o $(SUPPORT) $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

$(B)/scenario/%: $(B)/tests/scenario/%.o $(SUPPORT) $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

$(B)/agent/cmd/cli_version.o: CPPFLAGS += -DLOCKSTEP_VERSION='"$(VERSION)"' -DLOCKSTEP_COMMIT='"$(COMMIT)"'

-include $(shell find $(B) -name '*.d' 2>/dev/null)
