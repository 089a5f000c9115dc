"""A broker that is away is tried for ever, by no more than one client of a process at a time."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, client
from aiokafka.errors import KafkaConnectionError

from local_stack.ports import HOST, free_port
from local_stack.world import World
from qontable import reconnect
from qontable.reconnect import LONGEST_PAUSE, PATIENCE, reconnect_patiently

CLIENTS = 40


class Broker:
    """A broker's address, as clients of a process find it."""

    def __init__(self) -> None:
        self.tries = 0
        self.away = True

    async def connect(self, _host: str, _port: int, **_: Any) -> "Broker":
        self.tries += 1
        if self.away:
            raise ConnectionRefusedError
        return self

    async def try_for_ever(self) -> None:
        """As one task of one of aiokafka's clients does."""
        while True:
            try:
                await client.create_conn("broker", 9092)
            except (OSError, KafkaConnectionError):
                await asyncio.sleep(0.1)
            else:
                return


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    made = Broker()
    monkeypatch.setattr(client, "create_conn", client.create_conn)  # put back at the end
    monkeypatch.setattr(reconnect, "create_conn", made.connect)
    reconnect_patiently()
    yield made
    reconnect._doors.clear()


async def test_all_clients_together_try_once_a_pause(broker: Broker) -> None:
    tasks = [asyncio.create_task(broker.try_for_ever()) for _ in range(CLIENTS)]
    await asyncio.sleep(3.0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert 1 < broker.tries <= 7  # at once, and after pauses of 0.1, 0.2, 0.4, 0.8 and 1 s with their jitter


async def test_all_clients_are_back_soon_after_the_broker(broker: Broker) -> None:
    tasks = [asyncio.create_task(broker.try_for_ever()) for _ in range(CLIENTS)]
    await asyncio.sleep(2.0)
    broker.away = False

    await asyncio.wait_for(asyncio.gather(*tasks), timeout=2 * LONGEST_PAUSE + 1)


async def test_who_cannot_be_let_in_hears_so_soon(broker: Broker) -> None:
    for _ in range(5):
        with pytest.raises((OSError, KafkaConnectionError)):
            await client.create_conn("broker", 9092)

    began = asyncio.get_running_loop().time()
    with pytest.raises((OSError, KafkaConnectionError)):
        await client.create_conn("broker", 9092)
    assert asyncio.get_running_loop().time() - began < PATIENCE + 0.5


async def test_another_broker_is_not_held_up(broker: Broker) -> None:
    for _ in range(5):
        with pytest.raises((OSError, KafkaConnectionError)):
            await client.create_conn("broker", 9092)
    broker.away = False

    assert await asyncio.wait_for(client.create_conn("another", 9092), timeout=0.1) is broker


async def test_a_try_without_an_end_holds_nobody_up(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConnectionRefusedError):
        await client.create_conn("broker", 9092)

    async def hang(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(reconnect, "create_conn", hang)
    hanging = asyncio.create_task(client.create_conn("broker", 9092))
    await asyncio.sleep(0.3)
    monkeypatch.setattr(reconnect, "create_conn", broker.connect)
    broker.away = False
    await asyncio.wait_for(client.create_conn("broker", 9092), timeout=1.0)
    hanging.cancel()


async def test_a_client_of_kafka_comes_in_by_this_door(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "create_conn", client.create_conn)
    reconnect_patiently()
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka)
    await producer.start()
    await producer.stop()

    nobody = AIOKafkaProducer(bootstrap_servers=f"{HOST}:{free_port()}")
    with pytest.raises(KafkaConnectionError):
        await nobody.start()
    await nobody.stop()
    assert sum(door._failures for door in reconnect._doors.values()) == 1
