"""The pool of processes: what a killed, a slow and an outdated piece of work cost; and the memory of answers."""

import asyncio
import os
import pickle
import signal

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.data.checks import InputError
from dermaroll.roller import Technique, treat
from dermaroll.viz.app.kept import Kept, key_of
from shapely.geometry import Polygon

pytest.importorskip("fastapi")

from dermaroll.viz.app.pool import DroppedError, Pool, TooLongError
from dermaroll.viz.app.works import WORKS

QUICK = {"device": "c-8", "site": "cheek", "region": "6x6", "depths_um": [0.0], "figures": ["density_per_cm2"]}
LONG = {"device": "dts-540", "site": "cheek", "region": "60x60", "replicates": 40}


def pooled(body):
    """Run a coroutine function with a pool of one process a queue."""

    async def run():
        pool = Pool(WORKS, "dermaroll.viz.app.works", 1)
        await pool.open()
        try:
            return await body(pool)
        finally:
            await pool.close()
            assert pool.processes == []

    return asyncio.run(run())


def test_a_killed_process_is_replaced_and_its_work_done_anew():
    async def body(pool):
        await pool.run("first", "treatment", QUICK)
        before = pool.processes
        asked = asyncio.ensure_future(pool.run("first", "treatment", QUICK | {"region": "40x40", "replicates": 20}))
        await asyncio.sleep(0.05)
        os.kill(before[0], signal.SIGKILL)
        answer = pickle.loads(await asked)
        assert pool.processes[0] != before[0]
        assert pool.processes[1:] == before[1:]
        return answer

    expected = treat(**(QUICK | {"region": "40x40", "replicates": 20}))
    assert pooled(body)["density_per_cm2"] == expected["density_per_cm2"]


def test_a_process_that_dies_between_two_pieces_of_work_is_replaced():
    async def body(pool):
        os.kill(pool.processes[0], signal.SIGKILL)
        return pickle.loads(await pool.run("first", "treatment", QUICK))

    assert pooled(body)["density_per_cm2"] == treat(**QUICK)["density_per_cm2"]


def test_work_beyond_its_time_is_ended_and_the_next_is_done():
    async def body(pool):
        before = pool.processes[0]
        with pytest.raises(TooLongError):
            await pool.run("first", "treatment", LONG, limit_s=0.3)
        assert pool.processes[0] != before
        return pickle.loads(await pool.run("first", "treatment", QUICK))

    assert pooled(body)["density_per_cm2"] == treat(**QUICK)["density_per_cm2"]


def test_bad_input_is_an_error_of_one_line_here_too():
    async def body(pool):
        with pytest.raises(InputError, match="load_n"):
            await pool.run("first", "treatment", QUICK | {"technique": {"load_n": 3}, "figures": ["load_n"]})

    pooled(body)


def test_of_one_client_only_the_newest_that_waits_is_done():
    async def body(pool):
        running = asyncio.ensure_future(pool.run("first", "treatment", QUICK, client="a", number=1))
        await asyncio.sleep(0)
        waiting = []
        for number in (2, 3, 4):
            pool.newest("a", number)
            waiting.append(asyncio.ensure_future(pool.run("first", "treatment", QUICK, client="a", number=number)))
            await asyncio.sleep(0)
        pool.newest("b", 1)
        other = asyncio.ensure_future(pool.run("first", "treatment", QUICK, client="b", number=1))
        found = await asyncio.gather(running, *waiting, other, return_exceptions=True)
        with pytest.raises(DroppedError):
            await pool.run("first", "treatment", QUICK, client="a", number=3)
        with pytest.raises(DroppedError):
            pool.newest("a", 3)
        return found

    found = pooled(body)
    assert [isinstance(one, DroppedError) for one in found[1:]] == [True, True, False, False]


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="the system can't break work off")
def test_an_elder_that_runs_is_broken_off_and_its_process_goes_on():
    async def body(pool):
        await pool.run("rest", "treatment", QUICK)
        before = pool.processes
        elder = asyncio.ensure_future(pool.run("rest", "treatment", LONG, client="a", number=1))
        await asyncio.sleep(0.5)
        assert not elder.done()
        pool.newest("b", 9)  # of another client
        await asyncio.sleep(0.1)
        assert not elder.done()
        for number in range(2, 30):  # as a slider moves
            pool.newest("a", number)
        newer = await asyncio.wait_for(pool.run("rest", "treatment", QUICK, client="a", number=29), 20)
        with pytest.raises(DroppedError):
            await elder
        for number in range(30, 60):  # while nothing runs
            pool.newest("a", number)
        assert await pool.run("rest", "treatment", QUICK, client="a", number=60) == newer
        assert pool.processes == before
        return pickle.loads(newer)

    assert pooled(body)["density_per_cm2"] == treat(**QUICK)["density_per_cm2"]


def test_answers_are_kept_in_bounded_memory():
    kept = Kept(most_bytes=1000)
    for number in range(100):
        kept.put(str(number), bytes(90))
        kept.get("0")
    assert kept.size_bytes <= 1000
    assert kept.get("0") is not None  # asked for again and again
    assert kept.get("50") is None
    kept.put("large", bytes(2000))
    assert kept.get("large") is None
    kept.put("99", bytes(10))
    assert kept.size_bytes <= 1000


def test_equal_inputs_share_a_key_and_different_ones_do_not():
    assert key_of("a", [1, 2.5]) == key_of("a", [1, 2.5])
    assert len({key_of("a", 1), key_of("a", 2), key_of("b", 1), key_of("a", "1"), key_of("a", None)}) == 5
    round_ones = [
        Polygon([(np.cos(at), np.sin(at)) for at in np.linspace(0, 6, 90)] + last) for last in ([], [(2, -2)])
    ]
    assert len({key_of("region", one) for one in round_ones}) == 2
    assert len({key_of(device("mf-8")), key_of(device("c-8")), key_of(Technique()), key_of(Technique(passes=3))}) == 4
