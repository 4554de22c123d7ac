"""Times one job of rein-ai the way peers/timing.ts times the others; prints the metrics as JSON.

`english` is no timing: it compiles every sentence of the JSON list on standard input and prints what became of each.

rein-ai is AGPL-3.0: it is installed from PyPI, called through its public API, and nothing else.
"""

import asyncio
import json
import sys
import time

from rein_ai import Rein, ReinConfig, compile_policy
from rein_ai.anomaly import AnomalyDetector
from rein_ai.rate_limit import TokenBucketLimiter

BATCH = 1000
HIGH = 1e9

# As workload.ts has them.
LANES = [(f"agent-{s}", f"tool_{t}") for t in range(10) for s in range(100)]


def limiter():
    return TokenBucketLimiter(rate_per_key=HIGH, burst_per_key=HIGH)


def governor(detects):
    # Its alarms are set out of reach, so that what is timed is the path of an action that is allowed.
    detector = AnomalyDetector(runaway_min_rate=HIGH, new_caller_threshold=10**9) if detects else None
    return Rein(cfg=ReinConfig(shadow_mode=False), rate_limiter=limiter(), anomaly_detector=detector)


def rate():
    check = limiter().check

    def job():
        for _ in range(BATCH):
            assert check(("agent-1", "search"))[0]

    return job


def gate(detects):
    brain = governor(detects)

    def job():
        for source, series in LANES:
            assert brain.gate(source=source, series=series).allowed

    return job


def gate_and_record():
    brain = governor(detects=False)
    loop = asyncio.new_event_loop()

    async def batch():
        for source, series in LANES:
            assert brain.gate(source=source, series=series).allowed
            await brain.record_fill(
                source=source, series=series, ticker="t", filled=True, slippage_cents=0.0, attempt_at=time.time()
            )

    return lambda: loop.run_until_complete(batch())


def compiled(sentence):
    try:
        policy = compile_policy([sentence], use_llm_fallback=False)
    except Exception as error:
        return {"rules": [], "unparsed": True, "error": repr(error)}
    # Infinity is no JSON; as text it equals nothing that a sentence says.
    rules = [
        {"target": rule.target, "params": {k: float(v) if abs(v) < 1e300 else str(v) for k, v in rule.params.items()}}
        for rule in policy.rules
    ]
    return {"rules": rules, "unparsed": len(policy.unparsed) > 0}


def english():
    return [compiled(sentence) for sentence in json.load(sys.stdin)]


def time_job(job, quick):
    until = time.perf_counter() + (0.1 if quick else 0.5)
    while time.perf_counter() < until:
        job()
    per_call = []
    end = time.perf_counter() + (0.3 if quick else 2)
    while time.perf_counter() < end:
        start = time.perf_counter()
        job()
        per_call.append((time.perf_counter() - start) * 1e6 / BATCH)
    mean = sum(per_call) / len(per_call)
    return [
        {"name": "p50", "unit": "us", "value": sorted(per_call)[len(per_call) // 2]},
        {"name": "mean", "unit": "us", "value": mean},
    ]


JOBS = {
    "rate": rate,
    "gate": lambda: gate(detects=False),
    "gate-and-detect": lambda: gate(detects=True),
    "gate-and-record": gate_and_record,
}

if __name__ == "__main__":
    if sys.argv[1] == "english":
        print(json.dumps(english()))
    else:
        print(json.dumps(time_job(JOBS[sys.argv[1]](), "--quick" in sys.argv)))
