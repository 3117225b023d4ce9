#!/usr/bin/env python3
"""Measures the lockstep of the Python package this library's broadcast goes back to (MasonFlint44/streamx).

    bench/python_seed.py <folder that the package streamx is in> [items [consumers]]

Prints lines as the benches do: bench=<name> items=<n> ns_per_item=<median of 5>, an item being one
that is delivered to one consumer. Compare with `broadcast --filter=lockstep`.
"""
import asyncio
import statistics
import sys
import time


async def exchange(AsyncStream, items, consumers):
    stream = AsyncStream()
    total = 0

    async def consume():
        nonlocal total
        async for value in stream:
            total += value

    tasks = [asyncio.create_task(consume()) for _ in range(consumers)]
    await asyncio.sleep(0)
    begin = time.perf_counter_ns()
    for i in range(items):
        await stream.put(i)
    await stream.close()
    await asyncio.gather(*tasks)
    spent = time.perf_counter_ns() - begin
    assert total == consumers * items * (items - 1) // 2
    return spent / (items * consumers)


def main():
    if len(sys.argv) not in (2, 3, 4):
        sys.exit(__doc__)
    sys.path.insert(0, sys.argv[1])
    from streamx import AsyncStream

    items = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    for consumers in (int(sys.argv[3]),) if len(sys.argv) == 4 else (1, 4, 16):
        n = max(items // consumers, 1)
        runs = [asyncio.run(exchange(AsyncStream, n, consumers)) for _ in range(5)]
        print(f"bench=python_seed/lockstep/{consumers} items={n * consumers} ns_per_item={statistics.median(runs):.0f}")


if __name__ == "__main__":
    main()
