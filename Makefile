# wal2debezium (the plugin) and wal2kafka (the relay).  `make help` lists the targets.
PG_CONFIG ?= pg_config
prefix ?= /usr/local
bindir ?= $(prefix)/bin
DESTDIR ?=

export PG_CONFIG

MAKEFLAGS += --no-print-directory

all: provision
	@$(MAKE) -C plugin all PG_CONFIG="$(PG_CONFIG)" WERROR=-Werror
	@$(MAKE) -C relay all

help:
	@echo "make                builds plugin and relay"
	@echo "make install        plugin into the server of PG_CONFIG, relay into prefix ($(prefix)); DESTDIR works"
	@echo "make demo           shows real records of real changes; KAFKA=1: through a real broker"
	@echo "make check          all tests; one suite: make unit regress isolation golden kafka tap"
	@echo "make chaos          kills everything while changes flow, and compares; ROUNDS=10 SEED=1 MODE=at-least-once|exactly-once"
	@echo "make soak           20,000 changes a second for half an hour, a fault every other minute; MINUTES=30 RATE=20000 MODE=exactly-once"
	@echo "make check-assert   the SQL tests on a server with assertions, and with debug_discard_caches=1; builds that server"
	@echo "make check-majors   the SQL tests and a failover on other majors of PostgreSQL; builds these servers; MAJORS='17 18'"
	@echo "make check-debezium the same WAL through a live Debezium and through us, random tables; DEBEZIUM_OPTIONS='--minutes 60'"
	@echo "make installcheck   SQL tests against a running server with the installed plugin"
	@echo "make bench          how fast it is here, beside other plugins and Debezium; LATENCY=1: commit to consumer"
	@echo "                    WORKLOADS='default schemas flatten outbox' RUNS=3 DEBEZIUM=0 EXACTLY_ONCE=1"
	@echo "                    INSTRUCTIONS=1: counted by callgrind; SCALE=1: cost per event from 1 to 10,000 tables and the like"
	@echo "make bench-snapshot only the last part of bench: how fast a table is read whole; RUNS=3 DEBEZIUM=0"
	@echo "make chaos-snapshots kills relay and backends in initial snapshots under writers; KILLS=100 SEED=1 MODES='at-least-once exactly-once'"
	@echo "make lint, format   house rules; clang-format"
	@echo "make clean"

provision:
	@test/tools/provision build

install: all
	$(MAKE) -C plugin install PG_CONFIG="$(PG_CONFIG)" DESTDIR="$(DESTDIR)"
	install -d "$(DESTDIR)$(bindir)"
	install -m 755 relay/wal2kafka "$(DESTDIR)$(bindir)/wal2kafka"

uninstall:
	$(MAKE) -C plugin uninstall PG_CONFIG="$(PG_CONFIG)" DESTDIR="$(DESTDIR)"
	rm -f "$(DESTDIR)$(bindir)/wal2kafka"

demo:
	@test/tools/provision $(if $(KAFKA),demo-kafka,demo)
	@$(MAKE) -s all
	@test/tools/demo $(if $(KAFKA),--kafka)

check:
	@test/tools/provision check
	@$(MAKE) -s all
	@test/tools/check

unit regress isolation golden kafka tap:
	@test/tools/provision check
	@$(MAKE) -s all
	@test/tools/check $@

chaos:
	@test/tools/provision chaos
	@$(MAKE) -s all
	@test/tools/kafka install
	@/usr/bin/python3 test/chaos/run --rounds $(or $(ROUNDS),10) --seed $(or $(SEED),1) --mode $(or $(MODE),at-least-once) $(CHAOS_OPTIONS)

soak:
	@test/tools/provision chaos
	@$(MAKE) -s all
	@test/tools/kafka install
	@/usr/bin/python3 test/soak/run --minutes $(or $(MINUTES),30) --rate $(or $(RATE),20000) --mode $(or $(MODE),exactly-once) --seed $(or $(SEED),1)

installcheck:
	@test/tools/installcheck

check-assert:
	@test/tools/provision check-assert
	@test/tools/assert

check-majors:
	@test/tools/provision check-majors
	@test/tools/majors $(or $(MAJORS),17 18)

check-debezium:
	@test/tools/provision check-debezium
	@$(MAKE) -s all
	@test/debezium/run $(DEBEZIUM_OPTIONS)

# Hostile input for long: FUZZ_SECONDS for each fuzzer, FUZZ_OPTIONS configurations for the plugin.
fuzz:
	@test/tools/provision check
	@$(MAKE) -s all
	@$(MAKE) -s -C test/fuzz run BUILD=$(CURDIR)/build/unit FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600)
	@FUZZ_OPTIONS=$(or $(FUZZ_OPTIONS),1000000) test/tools/check hostile

bench:
	@test/tools/provision bench
	@$(MAKE) -s all
	@test/bench/run $(if $(LATENCY),--latency) $(if $(INSTRUCTIONS),--instructions) $(if $(SCALE),--scale) $(BENCH_OPTIONS)
	@$(if $(LATENCY)$(INSTRUCTIONS)$(SCALE)$(WORKLOADS)$(filter 0,$(SNAPSHOT)),,test/bench/snapshot $(SNAPSHOT_OPTIONS))

# How fast a table is read whole; a part of bench.
bench-snapshot:
	@test/tools/provision bench
	@$(MAKE) -s all
	@test/bench/snapshot $(SNAPSHOT_OPTIONS)

.PHONY: chaos-snapshots
chaos-snapshots:
	@test/tools/provision check
	@$(MAKE) -s all
	@SNAPSHOT_KILLS=$(or $(KILLS),100) SEED=$(or $(SEED),1) MODES="$(or $(MODES),at-least-once exactly-once)" test/tools/check snapshots

lint:
	@test/tools/provision lint
	@test/lint/run

format:
	@test/tools/provision lint
	@clang-format -i $$(test/lint/run --sources)

clean:
	@-$(MAKE) -C plugin clean PG_CONFIG="$(PG_CONFIG)"
	@$(MAKE) -C relay clean
	rm -rf build/unit build/unit.log build/check build/golden build/bench build/installcheck

distclean: clean
	rm -rf build

.PHONY: all help provision install uninstall demo check unit regress isolation golden kafka tap chaos soak check-assert check-majors check-debezium installcheck bench bench-snapshot fuzz \
	lint format clean distclean
