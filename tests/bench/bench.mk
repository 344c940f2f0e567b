# The small programs of the benchmarks, by the rules of the Makefile: make -f Makefile -f this file.
BENCH := $(patsubst %,$(B)/bench/%,floor publish_client start_client store_server)

.PHONY: bench-programs
bench-programs: $(BENCH)

$(B)/bench/%: $(B)/tests/bench/%.o $(B)/tests/bench/tool.o $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
