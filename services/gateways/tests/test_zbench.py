import asyncio, time, cProfile, pstats, os
from qontable.events.hub import Throttle
from qontable.events.delivery import EntryDeliveryChanged
from .house import House

N = int(os.environ.get("N", "2000"))


async def test_speed(house: House) -> None:
    connection = await house.connect(throttle=Throttle(requests=1000000, seconds=1, concurrent=20))
    await house.change(
        connection, version=2, enabled=False, throttle=Throttle(requests=1000000, seconds=1, concurrent=20)
    )
    deliveries = [house.dispatch(connection, file_id=f"fil_b{number % 40}", sequence=number) for number in range(N)]
    t = time.monotonic()
    c = time.process_time()
    for start in range(0, N, 100):
        await asyncio.gather(*(house.say(d) for d in deliveries[start : start + 100]))
    await house.until(
        "select count(*)=$2 from gateways.deliveries where connection_id=$1 and state='queued'", connection, N
    )
    print("INTAKE", N / (time.monotonic() - t), "cpu us", (time.process_time() - c) / N * 1e6)
    prof = cProfile.Profile() if os.environ.get("PROF") else None
    t = time.monotonic()
    c = time.process_time()
    if prof:
        prof.enable()
    await house.say(
        house.connection(
            connection,
            token="good",
            throttle=Throttle(requests=1000000, seconds=1, concurrent=20),
            version=3,
            enabled=True,
        )
    )
    await house.until(
        "select count(*)=$2 from gateways.deliveries where connection_id=$1 and state='confirmed'",
        connection,
        N,
        patience=120,
    )
    if prof:
        prof.disable()
        pstats.Stats(prof).sort_stats("tottime").print_stats(45)
    print("DELIVER", N / (time.monotonic() - t), "cpu us", (time.process_time() - c) / N * 1e6)
