"""Lets the red team meet rein-ai: answers one line of JSON for each line of JSON, as bench/rivals/rein-ai.ts asks.

`open` makes new governors, `ask` asks the gate, `settle` reports how an action went, `balance` and `realize` what it
came to. Each line says what time it is, in ms since 1970: rein-ai reads `time.time` and `time.monotonic`, and both
show that time here.

rein-ai is AGPL-3.0: it is installed from PyPI, called through its public API, and nothing else.
"""

import asyncio
import json
import logging
import sys
import tempfile
import time
from importlib.metadata import version

clock = {"now": 0.0}
time.time = lambda: clock["now"]
time.monotonic = lambda: clock["now"]

from rein_ai import Rein, ReinConfig  # noqa: E402
from rein_ai.anomaly import AnomalyDetector  # noqa: E402
from rein_ai.rate_limit import TokenBucketLimiter  # noqa: E402
from rein_ai.types import Status  # noqa: E402

logging.disable(logging.CRITICAL)
# Its state directories; nothing of one program is there for the next one.
FOLDER = tempfile.TemporaryDirectory()
loop = asyncio.new_event_loop()

ALL = "*"
# How often its sidecar looks at every strategy again.
TICK_SECONDS = 30.0


class Host:
    """The governors of one program: one for each tool, because a governor has one rate, and one for all of them."""

    opened = 0

    def __init__(self, settings):
        Host.opened += 1
        self.folder = f"{FOLDER.name}/{Host.opened}"
        self.settings = settings
        self.ticked = clock["now"]
        self.start()

    def start(self):
        self.brains = {tool: self.brain(tool, rates) for tool, rates in self.settings["brains"].items()}

    def brain(self, tool, rates):
        place = f"{self.folder}/{'all' if tool == ALL else tool}"
        # Its alarms only tell. Here they act, as an operator would who is always awake: who sets one off is stopped,
        # and when too many new callers come, all are.
        detector = AnomalyDetector(on_alert=lambda alert: self.alert(tool, alert))
        limiter = TokenBucketLimiter(**rates) if rates else None
        config = ReinConfig(shadow_mode=False, **self.settings["config"])
        return Rein(cfg=config, persist_dir=place, rate_limiter=limiter, anomaly_detector=detector)

    def alert(self, tool, alert):
        if alert.key is None:
            for brain in self.brains.values():
                brain._state.halted = True  # as its POST /halt does: there is no method for it
                brain._state.halted_reason = alert.message
        else:
            self.brains[tool].force_status(*alert.key, Status.BLACK, alert.message)

    def asked(self, source, series):
        return [(self.brains.get(series), series), (self.brains[ALL], ALL)]

    def gate(self, source, series):
        for brain, name in self.asked(source, series):
            if brain is None:
                continue
            decision = brain.gate(source=source, series=name)
            if not decision.allowed:
                return {"allowed": False, "status": decision.status.value, "reason": decision.reason}
        return {"allowed": True}

    def settle(self, source, series, ok):
        brain = self.brains.get(series) or self.brains[ALL]
        loop.run_until_complete(
            brain.record_fill(
                source=source, series=series, ticker="-", filled=ok, slippage_cents=0.0, attempt_at=time.time()
            )
        )

    def balance(self, start, current):
        for brain in self.brains.values():
            brain.update_portfolio(start, current, current - start)

    def realize(self, source, series, pnl, edge, capital):
        brain = self.brains.get(series) or self.brains[ALL]
        loop.run_until_complete(
            brain.record_exit(
                source=source,
                series=series,
                ticker="-",
                realized_pnl_cents=pnl * 100,
                predicted_edge_cents=edge * 100,
                capital_pct_of_alloc=capital,
                exit_at=time.time(),
            )
        )

    def tick(self):
        if clock["now"] - self.ticked < TICK_SECONDS:
            return
        self.ticked = clock["now"]
        for brain in self.brains.values():
            loop.run_until_complete(brain._scorer.tick())  # as its sidecar does

    def crash(self):
        # What its sidecar wrote at the last beat of its heart: statuses, and not the rates.
        for brain in self.brains.values():
            loop.run_until_complete(brain.persist_now())
        self.start()


host = None


def answer(line):
    global host
    clock["now"] = line["at"] / 1000
    kind = line["do"]
    if kind == "version":
        return {"version": version("rein-ai")}
    if kind == "open":
        host = Host(line)
        return {}
    host.tick()
    if kind == "ask":
        return host.gate(line["source"], line["series"])
    if kind == "settle":
        host.settle(line["source"], line["series"], line["ok"])
    elif kind == "balance":
        host.balance(line["start"], line["current"])
    elif kind == "realize":
        host.realize(line["source"], line["series"], line["pnl"], line["edge"], line["capital"])
    elif kind == "crash":
        host.crash()
    else:
        raise ValueError(f"there is no {kind}")
    return {}


for text in sys.stdin:
    print(json.dumps(answer(json.loads(text))), flush=True)
