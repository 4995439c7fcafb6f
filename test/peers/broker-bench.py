"""Medians and ratios of what broker-bench.sh wrote.

broker-bench.py [SHARE] <ROWS.tsv

Of each row only the SHARE (1) of its runs that other processes disturbed least
counts, on each side. Beside the rate it gives CPU: records that broker and
client together handle in a second of CPU. That is what bounds the rate where
both share the processors, and it hardly changes when others use the machine.
"""

import collections
import statistics
import sys

share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
runs = collections.defaultdict(list)
for line in sys.stdin:
    _, side, part, partitions, records, size, acks, rate, wall, broker, _, tool, other = line.rstrip("\n").split("\t")
    if rate in ("-", ""):
        continue
    runs[(part, partitions, size, acks), side].append(
        {"rate": float(rate), "broker": float(broker), "tool": float(tool), "disturbed": float(other) / float(wall), "records": int(records)}
    )


def pick(key, side):
    rs = sorted(runs[key, side], key=lambda r: r["disturbed"])
    rs = rs[: max(1, round(len(rs) * share))]
    middle = {k: statistics.median(r[k] for r in rs) for k in rs[0]}
    middle["per_cpu"] = statistics.median(r["records"] / max(r["broker"] + r["tool"], 0.01) for r in rs)
    middle["n"] = len(rs)
    return middle


print("| load | partitions | bytes | acks | maru rec/s | Kafka rec/s | ratio | broker CPU s, maru / Kafka | records per CPU s of broker+client, ratio | runs | others' CPUs, maru / Kafka |")
print("|---|---|---|---|---|---|---|---|---|---|---|")
for key in dict.fromkeys(k for k, _ in runs):
    if not runs[key, "maru"] or not runs[key, "kafka"]:
        continue
    m, k = pick(key, "maru"), pick(key, "kafka")
    print(
        f"| {' | '.join(key)} | {m['rate']:,.0f} | {k['rate']:,.0f} | {m['rate'] / k['rate']:.2f} | {m['broker']:.2f} / {k['broker']:.2f} "
        f"| {m['per_cpu'] / k['per_cpu']:.2f} | {m['n']} / {k['n']} | {m['disturbed']:.1f} / {k['disturbed']:.1f} |"
    )
