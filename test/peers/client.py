"""A small producer and consumer on kafka-python or confluent-kafka.

client.py LIBRARY produce ADDR TOPIC CODEC      lines of standard input, acknowledged by all
client.py LIBRARY consume ADDR TOPIC GROUP N    prints N values as a member of GROUP, commits, and leaves
client.py LIBRARY member ADDR TOPIC GROUP IDLE  the same until nothing has come for IDLE seconds
"""

import sys
import time

GIVE_UP = 60  # seconds


class KafkaPython:
    def __init__(self, addr):
        self.addr = addr

    def produce(self, topic, codec, lines):
        from kafka import KafkaProducer

        p = KafkaProducer(bootstrap_servers=self.addr, acks="all", compression_type=None if codec == "none" else codec)
        sent = [p.send(topic, line) for line in lines]
        p.flush(GIVE_UP)
        for s in sent:
            s.get(GIVE_UP)

    def consume(self, topic, group):
        from kafka import KafkaConsumer

        c = KafkaConsumer(topic, bootstrap_servers=self.addr, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)

        def poll():
            return [r.value for records in c.poll(timeout_ms=500).values() for r in records]

        def close(commit):
            if commit:
                c.commit()
            c.close()

        return poll, close


class Confluent:
    def __init__(self, addr):
        self.addr = addr

    def produce(self, topic, codec, lines):
        from confluent_kafka import Producer

        failed = []
        p = Producer({"bootstrap.servers": self.addr, "acks": "all", "compression.type": codec, "enable.idempotence": True})
        for line in lines:
            p.produce(topic, line, on_delivery=lambda err, _: failed.append(err) if err else None)
            p.poll(0)
        left = p.flush(GIVE_UP)
        if left or failed:
            raise SystemExit(f"{left} not sent, {failed[:1]}")

    def consume(self, topic, group):
        from confluent_kafka import Consumer

        c = Consumer({"bootstrap.servers": self.addr, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False})
        c.subscribe([topic])

        def poll():
            out = []
            for m in c.consume(1000, 0.5):
                if m.error():
                    raise SystemExit(str(m.error()))
                out.append(m.value())
            return out

        def close(commit):
            if commit:
                c.commit(asynchronous=False)
            c.close()

        return poll, close


def main():
    library, verb, addr, topic, *rest = sys.argv[1:]
    client = {"kafka-python": KafkaPython, "confluent-kafka": Confluent}[library](addr)
    if verb == "produce":
        client.produce(topic, rest[0], sys.stdin.buffer.read().splitlines())
        return
    group, limit = rest[0], int(rest[1])
    poll, close = client.consume(topic, group)
    begin = last = time.monotonic()
    got = 0
    while time.monotonic() - begin < GIVE_UP:
        values = poll()
        for v in values:
            sys.stdout.buffer.write(v + b"\n")
        got += len(values)
        if values:
            last = time.monotonic()
        if verb == "consume" and got >= limit or verb == "member" and got and time.monotonic() - last > limit:
            break
    close(got > 0)


main()
