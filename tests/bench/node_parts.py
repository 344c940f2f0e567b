"""What one node costs: publishes, the storm after a restart, starts, memory, and doing nothing."""
import contextlib
import time

from agent import Agent, Store, total, wait_for
from manifests import external_secret, fake_store, http_store, same
from report import Section, headline, median, mib, ms, percentile, spread

ROUNDS = 5
PER_ROUND = 60
SLOW_PER_ROUND = 12
STORM = 110
STORM_RUNS = 3
STARTS = 20
IDLE_S = 30
SETTLE_S = 3
DELAY_MS = 20


class Mode:
    """One way to publish: which ExternalSecrets, how many in a round, how slow the store is."""

    def __init__(self, label, prefix, make, delay_ms=0, per_round=PER_ROUND):
        self.label = label
        self.prefix = prefix
        self.make = make
        self.delay_ms = delay_ms
        self.per_round = per_round
        self.times = []

    def objects(self):
        return [item for n in range(ROUNDS * self.per_round) for item in self.make(n)]


def cold_modes(fast, slow):
    """First publishes of ExternalSecrets that nobody has asked for yet."""
    return [
        Mode("cold, values in the manifest", "cold-",
             lambda n: (fake_store(f"cold-{n}", "/k"),
                        external_secret(f"cold-{n}", f"cold-{n}", "/k"))),
        Mode("cold, HTTP store 0 ms, 1 call", "one-",
             lambda n: (external_secret(f"one-{n}", fast, f"one-{n}"),)),
        Mode("cold, HTTP store 0 ms, 10 calls", "ten-",
             lambda n: (external_secret(f"ten-{n}", fast),)),
        Mode(f"cold, HTTP store {DELAY_MS} ms, 1 call", "late-",
             lambda n: (external_secret(f"late-{n}", slow, f"late-{n}"),), DELAY_MS),
        Mode(f"cold, HTTP store {DELAY_MS} ms, 10 calls", "latest-",
             lambda n: (external_secret(f"latest-{n}", slow),), DELAY_MS, SLOW_PER_ROUND),
    ]


def publish_round(agent, number, modes, times):
    bench = agent.bench
    for name, how in (("floor", "keep"), ("synced", "sync")):
        rows = bench.tool("floor", agent.folder / "floor", PER_ROUND, how)
        times[name] += [int(make) for make, _ in rows]
        times["floor off"] += [int(remove) for _, remove in rows if name == "floor"]
    times["empty"] += agent.ask(PER_ROUND).all()
    times["warm"] += agent.publish("app", 0, PER_ROUND).all()
    times["off"] += agent.unpublish(0, PER_ROUND)
    for mode in modes:
        first = number * mode.per_round
        mode.times += agent.publish(mode.prefix, first, mode.per_round).all()
        agent.unpublish(first, mode.per_round)


def publish_row(label, times, floor_ns=0):
    ratio = f"{median(times) / floor_ns:.2f}" if floor_ns else ""
    return (label, len(times), *spread(times), ratio)


def publish_rows(times, modes):
    empty = median(times["empty"])
    base = median(times["floor"]) + empty
    return [
        publish_row("floor: kernel work", times["floor"]),
        publish_row("floor: the same, record flushed", times["synced"]),
        publish_row("floor: empty call", times["empty"]),
        publish_row("warm", times["warm"], base),
        *(publish_row(mode.label, mode.times, base + mode.delay_ms * 1e6) for mode in modes),
        publish_row("floor: kernel work of an unpublish", times["floor off"]),
        publish_row("unpublish", times["off"], median(times["floor off"]) + empty),
    ]


def publish(bench):
    times = {name: [] for name in ("floor", "synced", "floor off", "empty", "warm", "off")}
    with Store(bench, 0) as fast, Store(bench, DELAY_MS) as slow:
        modes = cold_modes("fast", "slow")
        objects = [*same(), http_store("fast", fast.url), http_store("slow", slow.url)]
        for mode in modes:
            objects += mode.objects()
        with Agent(bench, objects) as agent:
            agent.publish("app", 0, 1).all()
            agent.unpublish(0, 1)
            for number in range(ROUNDS):
                publish_round(agent, number, modes, times)
    base = median(times["floor"]) + median(times["empty"])
    headlines = [
        headline("publish, warm", median(times["warm"]), base),
        headline("publish, cold, HTTP store on loopback", median(modes[1].times), base),
        headline("unpublish", median(times["off"]),
                 median(times["floor off"]) + median(times["empty"])),
    ]
    return [Section("Publish", (
        "One volume of an ExternalSecret with 10 keys, a new connection for each call as the "
        "kubelet does it, one after the other; ms. *Warm*: the value is in the cache. *Cold*: the "
        "first publish of that ExternalSecret. *Floor*: a bare C program (`tests/bench/floor.c`) "
        "that asks the kernel for the same result, and an empty call (NodeGetCapabilities). "
        "Ratio: median over the medians of kernel work and empty call together, with a slow store "
        f"over one delay as well. All rows take turns in {ROUNDS} rounds."),
        ("", "n", "p50", "p99", "max", "ratio"), publish_rows(times, modes), headlines)]


def storm_run(bench, name, delay_ms):
    """One storm on a fresh agent: its answers, calls to the store, memory before and at its peak.

    name  "app": all Pods want that ExternalSecret; None: empty calls
    """
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(Store(bench, delay_ms))
        objects = [http_store("store", store.url), external_secret("app", "store", "app")]
        objects += [external_secret(f"each-{n}", "store", f"each-{n}") for n in range(STORM)]
        agent = stack.enter_context(Agent(bench, objects))
        agent.process.forget_peak()
        rss = agent.process.memory()["Rss"]
        answers = agent.publish(name, 0, STORM, STORM) if name else agent.ask(STORM, STORM)
        calls = agent.provider_calls()
        peak = agent.process.peak()
        agent.unpublish(0, STORM)
        seen = store.requests()
    if seen != calls:
        raise RuntimeError(f"the agent counts {calls} calls, the store {seen}")
    return answers, calls, rss, peak


def storm(bench):
    rows, walls = [], []
    for label, name, delay_ms in (
            ("empty calls", None, 0),
            ("the same ExternalSecret, store 0 ms", "app", 0),
            (f"{STORM} ExternalSecrets, store 0 ms", "each-", 0),
            (f"the same ExternalSecret, store {DELAY_MS} ms", "app", DELAY_MS),
            (f"{STORM} ExternalSecrets, store {DELAY_MS} ms", "each-", DELAY_MS)):
        runs = [storm_run(bench, name, delay_ms) for _ in range(STORM_RUNS)]
        answers, calls, before, peaks = zip(*runs)
        times = [took for answer in answers for took in answer.times]
        walls.append(median([answer.wall for answer in answers]))
        rows.append((label, ms(walls[-1]), ms(median(times)), ms(percentile(times, 0.99)),
                     max(answer.refused for answer in answers), f"{max(calls):.0f}",
                     f"{mib(median(before))} to {mib(max(peaks))}"))
    return [Section("Storm", (
        f"{STORM} Pods at once, as after a restart of the node: {STORM} threads with a connection "
        "each, nothing in the cache, 10 keys in one value. Wall time is from the first connect to "
        f"the last answer, ms; median of {STORM_RUNS} runs, each on a fresh agent. *Refused*: "
        "calls without an OK, the most of a run. Calls to the store as the agent counts them; the "
        "store counts the same. Resident memory before and at its peak, MiB."),
        ("", "wall", "p50", "p99", "refused", "store calls", "memory"), rows,
        [headline(f"{STORM} publishes at once, one ExternalSecret", walls[1], walls[0]),
         headline(f"{STORM} publishes at once, {STORM} ExternalSecrets", walls[2], walls[0])])]


def start(bench):
    agent = Agent(bench, same())
    times = [int(took) for took, in bench.tool("start_client", STARTS, agent.registration,
                                               *agent.argv)]
    floor = [int(took) for took, in bench.tool("start_client", STARTS, "-", str(bench.program),
                                               "version")]
    return [Section("Start", (
        "From exec to the answer to NotifyRegistrationStatus: the client finds the registration "
        "socket, asks GetInfo, GetPluginInfo, Probe, NodeGetInfo and NodeGetCapabilities, and "
        "tells the verdict; ms. Floor: `lockstep version`, from exec to exit."),
        ("", "n", "p50", "p99", "max", "ratio"),
        [("floor", len(floor), *spread(floor), ""),
         ("registered", len(times), *spread(times), f"{median(times) / median(floor):.2f}")],
        [headline("start to registered", median(times), median(floor))])]


def memory_row(label, memory):
    return (label, *(mib(memory[name]) for name in ("Rss", "Pss", "Anonymous", "Locked")))


MEMORY_HEAD = ("", "resident", "shared out", "anonymous", "locked")


def memory_headline(row):
    return (f"memory, {row[0]}", f"{row[1]} MiB, {row[3]} anonymous", "", "")


def settled(agent, n):
    """All n ExternalSecrets have been through the pipeline."""
    wait_for(lambda: total(agent.metrics(), "lockstep_sync_calls_total", '"success"') >= n,
             f"{n} ExternalSecrets to be in sync", pause_s=0.1)


def memory(bench):
    rows = []
    with Agent(bench, same()) as agent:
        rows.append(memory_row("no volumes, no cluster", agent.process.memory()))
        agent.publish("app", 0, 100).all()
        rows.append(memory_row("100 volumes of 10 keys", agent.process.memory()))
        agent.unpublish(0, 100)
        rows.append(memory_row("after their unpublish", agent.process.memory()))
    objects = [fake_store("fake", "/app"),
               *(external_secret(f"app-{n}", "fake", "/app") for n in range(1000))]
    folder = bench.new_folder()
    with Agent(bench, objects, f"--mirror=dir:{folder}") as agent:
        settled(agent, 1000)
        rows.append(memory_row("1,000 ExternalSecrets, mirrored", agent.process.memory()))
    return [Section("Memory on a node without a cluster", (
        "MiB. Manifests in a folder; the values of volumes are in tmpfs and not counted here. "
        "*Anonymous* is what no other process shares; *locked* is what cannot be swapped."),
        MEMORY_HEAD, rows, [memory_headline(rows[0])])]


def idle_row(label, process):
    rates, cpu_s = process.idle(IDLE_S)
    busy = sorted(((rate, name) for name, rate in rates.items() if rate > 0), reverse=True)
    return (label, f"{sum(rates.values()):.1f}", f"{cpu_s:.2f}",
            ", ".join(f"{name} {rate:.1f}" for rate, name in busy[:4]))


IDLE_HEAD = ("", "wakes/s", "CPU s/h", "threads that wake most")


def idle_headline(row):
    return (f"doing nothing, {row[0]}", f"{row[1]} wakes/s, {row[2]} CPU s/h", "", "")


def idle(bench):
    rows = []
    with Agent(bench, same()) as agent:
        time.sleep(SETTLE_S)
        rows.append(idle_row("no volumes, no cluster", agent.process))
        agent.publish("app", 0, 100).all()
        time.sleep(SETTLE_S)
        rows.append(idle_row("100 volumes, no cluster", agent.process))
        agent.unpublish(0, 100)
    return [Section("Doing nothing, without a cluster", (
        f"Voluntary context switches of all threads over {IDLE_S} s, and CPU time, extrapolated."),
        IDLE_HEAD, rows, [idle_headline(rows[0])])]
