# Lockstep. `make help` lists what there is to do.
PROFILE ?= debug
BUILD   ?= build
B       ?= $(BUILD)/$(PROFILE)
CACHE   ?= $(or $(LOCKSTEP_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lockstep)
JOBS    ?= $(shell nproc)
SECONDS ?= 60
PREFIX  ?= /usr/local
export LOCKSTEP_CACHE := $(CACHE)

VERSION := $(shell sed -n 's/^## \[\([0-9][^]]*\)\].*/\1/p' CHANGELOG.md | head -n 1)
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

# Compiler and flags

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wcast-qual -Wswitch-enum -Wvla -Wmissing-prototypes \
        -Wstrict-prototypes -Wundef -Wpointer-arith -Wwrite-strings -Werror
ifneq ($(findstring clang,$(CC)),)
WARN += -Wthread-safety
CXX  := $(subst clang,clang++,$(CC))
else
WARN += -Wformat-signedness
endif

# Sanitizers hide value ranges from gcc, which then warns of texts cut and values unset.
opt.debug    := -O1 -fno-omit-frame-pointer
opt.san      := $(opt.debug) -Wno-error=format-truncation -Wno-error=maybe-uninitialized
opt.asan     := $(opt.san) -fsanitize=address,undefined -fno-sanitize-recover=all
opt.tsan     := $(opt.san) -fsanitize=thread
opt.coverage := -O0 --coverage
opt.fuzz     := $(opt.debug) -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
opt.release  := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
                -fstack-clash-protection -fPIE -ffunction-sections -fdata-sections
link.asan     := -fsanitize=address,undefined
link.tsan     := -fsanitize=thread
link.coverage := --coverage
link.fuzz     := -fsanitize=address,undefined

CPPFLAGS += -D_GNU_SOURCE -Iagent -I. -I$(B)/gen -MMD -MP
CFLAGS   += -std=gnu17 -g $(opt.$(PROFILE)) $(WARN)
CXXFLAGS += -std=c++17 -g $(opt.$(PROFILE)) -fno-exceptions -fno-rtti -Wall -Wextra -Wshadow -Werror
LDFLAGS  += $(link.$(PROFILE)) -Wl,--as-needed
LDLIBS   += -lgrpc_unsecure -lgpr -lprotobuf-c -lcurl -lcjson -lyaml -lre2 -lstdc++ -lssl -lcrypto \
            -lmicrohttpd -lcrypt -lpthread -lm
PROGRAM_LDFLAGS = $(LDFLAGS)
PROGRAM_LDLIBS  = $(LDLIBS)

# The release is one static file. Three libraries are built by deploy/build/libs.sh, see there; the
# rest is Debian's. Debian's gRPC does not tell what it needs, hence the list. The linker's warnings
# that are switched off say that getaddrinfo needs glibc at run time: only for names that come from
# other places than /etc/hosts and DNS. Tests of this profile use the three libraries too.
ifeq ($(PROFILE),release)
BUILT_LIBS := $(B)/libs
CPPFLAGS   += -isystem $(B)/libs/include
ABSL        = $(filter-out -labsl_flags% -labsl_random_internal_distribution_test_util,\
              $(patsubst lib%.a,-l%,$(notdir $(wildcard /usr/lib/*/libabsl_*.a))))
PROGRAM_LDFLAGS = -static-pie -s -L$(B)/libs/lib -Wl,--gc-sections -Wl,--no-warnings \
    -Wl,-z,relro,-z,now,-z,noexecstack,-z,pack-relative-relocs
PROGRAM_LDLIBS  = -Wl,--start-group -lgrpc_unsecure -lgpr -laddress_sorting -lupb -lcares -lz \
    $(ABSL) -lprotobuf-c -lcurl -lnghttp2 -lcjson -lyaml -lre2 -lstdc++ -lssl -lcrypto \
    -lmicrohttpd -lcrypt -Wl,--end-group -lstdc++ -lm -lpthread
LDFLAGS += -L$(B)/libs/lib
LDLIBS  := -Wl,-Bstatic -lcurl -lcjson -lmicrohttpd -Wl,-Bdynamic -lnghttp2 $(LDLIBS)
endif

# What there is

PROTO    := $(patsubst proto/%.proto,%,$(wildcard proto/*.proto))
GEN_C    := $(PROTO:%=$(B)/gen/proto/%.pb-c.c)
GEN_H    := $(PROTO:%=$(B)/gen/proto/%.pb-c.h)
SRC      := $(filter-out agent/cmd/main.c,$(wildcard agent/*/*.c driver/*.c))
SRC_CXX  := $(wildcard agent/*/*.cc)
OBJ      := $(SRC:%.c=$(B)/%.o) $(SRC_CXX:%.cc=$(B)/%.o) $(GEN_C:%.c=%.o)
SUPPORT  := $(patsubst %.c,$(B)/%.o,$(wildcard tests/support/*.c))
UNIT     := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
SCENARIO := $(patsubst tests/scenario/%.c,$(B)/scenario/%,$(wildcard tests/scenario/test_*.c))
FUZZ     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAY   := $(FUZZ:%=$(B)/fuzz/replay_%)
SHIM     := $(B)/integration/csi_shim
PUSH     := $(B)/integration/store_push
TESTS    := $(UNIT) $(SCENARIO) $(REPLAY) $(SHIM) $(PUSH)
REPLAYS   = $(foreach name,$(FUZZ),"$(B)/fuzz/replay_$(name) tests/fuzz/corpus/$(name)")

INTEGRATION := $(sort $(wildcard tests/integration/test_*.py tests/integration/test_*.sh) \
               tests/integration/csi_sanity.sh \
               tests/integration/demo.sh)

RUN      := tests/run.py $(if $(TALLY),--tally $(TALLY))
SETUP    := tests/setup/install.sh
here      = +$(MAKE) --no-print-directory -j$(JOBS)
sub       = $(here) PROFILE=$(1) B=$(BUILD)/$(1)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all help demo test check conformance check-asan check-tsan check-valgrind fuzz coverage \
    bench lint e2e image release install clean tests fuzzers lint-library FORCE \
    setup-build setup-test setup-lint setup-e2e setup-release setup-fuzz setup-valgrind
.SECONDARY:

all: $(B)/lockstep ## Build the program into build/debug/

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "PROFILE=debug|asan|tsan|coverage|release chooses how all, check and bench are built."

# Build. `make V=1` shows the whole commands.

Q    := $(if $(V),,@)
told  = @$(if $(V),:,printf '  %-4s %s\n' $(1) $@)

$(B)/lockstep: $(B)/agent/cmd/main.o $(B)/liblockstep.a
	$(call told,LD)
	$(Q)$(CC) $(PROGRAM_LDFLAGS) -o $@ $^ $(PROGRAM_LDLIBS)

$(B)/liblockstep.a: $(OBJ)
	@rm -f $@
	$(call told,AR)
	$(Q)$(AR) rcs $@ $^

$(B)/%.o: %.c $(B)/flags $(BUILT_LIBS) | $(GEN_H)
	@mkdir -p $(@D)
	$(call told,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/%.o: %.cc $(B)/flags
	@mkdir -p $(@D)
	$(call told,CXX)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

$(B)/gen/%.pb-c.c $(B)/gen/%.pb-c.h: %.proto
	@mkdir -p $(B)/gen
	$(call told,GEN)
	$(Q)protoc-c --c_out=$(B)/gen $<

$(B)/gen/%.o: $(B)/gen/%.c $(B)/flags
	$(call told,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-cast-qual -c -o $@ $<

$(B)/unit/%: $(B)/tests/unit/%.o $(SUPPORT) $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

$(B)/scenario/%: $(B)/tests/scenario/%.o $(SUPPORT) $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

$(B)/fuzz/replay_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

SHIM_GEN := $(B)/gen/tests/integration/csi_controller.pb-c
$(B)/tests/integration/csi_shim.o: | $(SHIM_GEN).h
$(SHIM): $(B)/tests/integration/csi_shim.o $(SHIM_GEN).o $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(PUSH): $(B)/tests/integration/store_push.o $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

SUBJECT := $(B)/conformance/subject
$(SUBJECT): $(B)/tests/conformance/subject.o $(B)/tests/conformance/subject_modules.o \
    $(B)/tests/support/template_case.o $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The fuzzers' entry point is declared by nobody.
$(B)/tests/fuzz/%.o: private CFLAGS += -Wno-missing-prototypes

$(B)/agent/cmd/cli_version.o: private CPPFLAGS += -DLOCKSTEP_VERSION='"$(VERSION)"' \
    -DLOCKSTEP_COMMIT='"$(COMMIT)"'
$(B)/agent/cmd/cli_version.o: $(B)/version

# Files that change only when what they hold does, so that its users are built anew just then.
$(B)/flags: FORCE
	@$(call keep,$(CC) $(CPPFLAGS) $(CFLAGS) $(CXX) $(CXXFLAGS))
$(B)/version: FORCE
	@$(call keep,$(VERSION) $(COMMIT))
keep = mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' >$@

$(B)/libs: deploy/build/libs.sh deploy/build/debian-source.sh deploy/build/sources.txt
	@mkdir -p $(@D)
	@folder=$$(deploy/build/libs.sh) && ln -sfn "$$folder" $@ && touch "$$folder"

release: setup-build setup-release ## Build the static program into build/release/
	$(call sub,release) all
	@size=$$(stat -c %s $(BUILD)/release/lockstep); \
	echo "$(BUILD)/release/lockstep: $$((size / 1024)) KiB, static, with" \
	    $$(tr '\n' ',' <$(BUILD)/release/libs/VERSIONS | sed 's/,$$//; s/,/, /g')

image: ## Build the image lockstep:dev into build/image/lockstep.tar
	COMMIT=$(COMMIT) deploy/build/image.sh $(BUILD)/image/lockstep.tar

install: release ## Install the static program; DESTDIR and PREFIX are heeded
	install -D -m 755 $(BUILD)/release/lockstep $(DESTDIR)$(PREFIX)/bin/lockstep

clean: ## Remove build/; the cache in ~/.cache/lockstep stays
	rm -rf $(BUILD)

# Test

demo: setup-build ## Build, then show a secret on its way: render, publish, rotate
	$(here) all
	LOCKSTEP=$(abspath $(B)/lockstep) tests/integration/demo.sh

test: setup-build setup-test ## All tests that need no cluster
	$(here) all tests
	@LOCKSTEP=$(abspath $(B)/lockstep) tests/setup/env.sh $(RUN) $(UNIT) $(SCENARIO) $(REPLAYS) \
	    --serial $(INTEGRATION)

tests: $(TESTS)

check: $(TESTS) ## Unit and scenario tests and corpora of the current PROFILE
	@$(WITH.$(PROFILE)) $(RUN) $(WRAP.$(PROFILE)) $(UNIT) $(SCENARIO) $(REPLAYS)

# gRPC is not built for TSan, so what it does between its own threads is not seen; TSan of gcc 12
# cannot start where the kernel places memory over a wider range than it knew then.
WITH.asan := ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
WITH.tsan := TSAN_OPTIONS=ignore_noninstrumented_modules=1
WRAP.tsan := --wrap "setarch --addr-no-randomize"

check-asan: setup-build setup-test ## The same under AddressSanitizer, UBSan and LeakSanitizer
	$(call sub,asan) check

check-tsan: setup-build setup-test ## The same under ThreadSanitizer
	$(call sub,tsan) check

VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --suppressions=tests/valgrind.supp \
    --show-leak-kinds=definite,possible --errors-for-leak-kinds=definite,possible

check-valgrind: setup-build setup-test setup-valgrind ## Unit tests under valgrind
	$(call sub,debug) tests
	@$(RUN) --timeout 900 --wrap "$(VALGRIND)" $(UNIT:$(B)/%=$(BUILD)/debug/%)

fuzz: setup-build setup-fuzz ## Run every fuzz target for SECONDS=60
	$(call sub,fuzz) CC=clang-14 fuzzers
	@$(RUN) --timeout $$(($(SECONDS) + 120)) \
	    $(FUZZ:%="tests/fuzz/fuzz.sh $(BUILD)/fuzz/fuzz/fuzz_% $(SECONDS)")

fuzzers: $(FUZZ:%=$(B)/fuzz/fuzz_%)

coverage: setup-build setup-test ## Unit and scenario tests, then line and branch coverage by file
	@find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(call sub,coverage) check
	@tests/coverage.py $(BUILD)/coverage

conformance: setup-build setup-test ## Templates beside Go's own: vectors, tables, generated cases
	$(call sub,debug) $(BUILD)/debug/conformance/subject
	@$(RUN) --live --timeout 3600 "tests/conformance/run.py $(BUILD)/debug/conformance/subject"

bench: setup-test setup-e2e release ## Measure the static program; writes docs/BENCHMARKS.md
	LOCKSTEP=$(abspath $(BUILD)/release/lockstep) tests/bench/run.sh

lint: setup-build setup-test setup-lint ## Layout, analyzers, layers, doors, words, sizes
	@BUILD=$(BUILD) $(RUN) --timeout 2400 --serial $(sort $(wildcard tests/lint/check_*)) \
	    tests/lint/compile_fail.sh

e2e: setup-build setup-test setup-e2e image ## Tests on a real Kubernetes in namespaces of its own
	LOCKSTEP_IMAGE=$(abspath $(BUILD)/image/lockstep.tar) \
	    $(RUN) --live --timeout 3600 tests/e2e/run.py

# Install what is missing

setup-build setup-lint setup-release setup-fuzz setup-valgrind: setup-%:
	@$(SETUP) $*

setup-test: ## Install what the tests need (also setup-build, setup-lint, setup-e2e)
	@$(SETUP) test
	@tests/setup/env.sh
	@tests/e2e/tools/find-go.sh >/dev/null 2>&1 || tests/e2e/tools/install-go.sh

setup-e2e:
	@$(SETUP) e2e
	@tests/e2e/tools/build.sh all >/dev/null

-include $(shell find $(B) -name '*.d' 2>/dev/null)
