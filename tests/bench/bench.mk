# The small programs of the benchmarks, by the rules of the Makefile: make -f Makefile -f this file.
BENCH := $(patsubst %,$(B)/bench/%,floor publish_client start_client store_server)

.PHONY: bench-programs bench-templates
bench-programs: $(BENCH)
bench-templates: $(B)/bench/template_render

$(B)/bench/%: $(B)/tests/bench/%.o $(B)/tests/bench/tool.o $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Linked as the program is: the time it takes is compared with Go's.
$(B)/bench/template_render: $(B)/tests/bench/template_render.o $(B)/tests/bench/tool.o \
    $(B)/liblockstep.a
	@mkdir -p $(@D)
	$(call told,LD)
	$(Q)$(CC) $(PROGRAM_LDFLAGS) -o $@ $^ $(PROGRAM_LDLIBS)
