"""A backup of exports was restored: batches that ended after it have their files again, others end (decision 19)."""

from datetime import timedelta

from exports.entrypoints.restored import bring_back
from local_stack.world import World
from qontable.clock import now
from qontable.events.delivery import EntryDeliveryChanged
from qontable.events.export import ExportCompleted
from qontable.place import Place

from .yard import PDF, load, surroundings, working


async def test_what_was_written_since_is_written_and_what_was_under_way_comes_back(world: World) -> None:
    since = now() - timedelta(minutes=1)
    place = Place("exports", world.database_url("exports"), world.kafka, world.topic_prefix)
    forgotten, gathering, unfinished = load(2), load(2), load(2)
    async with surroundings(world) as yard:
        async with working(world):
            with_document = load(1, [await yard.keep(PDF)])
            ended = {}
            for batch in (forgotten, gathering, with_document):
                await yard.say(batch.opened, *batch.orders)
                ended[batch.export_id] = await yard.hear(ExportCompleted, export_id=batch.export_id)
            await yard.say(unfinished.opened, unfinished.orders[0])
            await yard.hear(EntryDeliveryChanged, delivery_id=unfinished.orders[0].delivery_id)
        kept = await yard.database.fetchval("select files from batches where export_id = $1", forgotten.export_id)
        ids = [batch.export_id for batch in (forgotten, with_document, unfinished)]
        for table in ("batch_entries", "batches"):
            await yard.database.execute(f"delete from {table} where export_id = any($1)", ids)
        await yard.database.execute("update batches set state = 'gathering', files = '[]', ended_at = null")
        await yard.database.execute("update batch_entries set state = 'queued', version = 1, dispatch = '{}'")
        await yard.database.execute("truncate inbox, outbox")

        assert await bring_back(place, since) == (3, 1)
        assert await bring_back(place, since) == (0, 0), "said twice it is said once"
        found = await yard.database.fetchval("select files from batches where export_id = $1", forgotten.export_id)
        assert found == kept
        async with working(world):
            for batch in (forgotten, gathering, with_document):
                done = ended[batch.export_id]
                assert (await yard.fetch(done, done.files[0].name)).status_code == 200
                order = batch.orders[0]
                before = len(yard.all(EntryDeliveryChanged, delivery_id=order.delivery_id))
                await yard.say(order, batch.opened)
                told = await yard.hear(EntryDeliveryChanged, before + 1, delivery_id=order.delivery_id)
                assert (told.state, told.version, told.message) == ("confirmed", 2, None)
                assert len(yard.all(ExportCompleted, export_id=batch.export_id)) == 1
            done = await yard.hear(ExportCompleted, export_id=unfinished.export_id)
            assert (done.outcome, done.files) == ("recalled", ())


async def test_an_entry_under_another_delivery_of_a_written_batch_is_in_its_file_or_says_why_not(world: World) -> None:
    batch = load(2)
    stranger = batch.orders[0].entry.model_copy(update={"entry_id": "ent_other"})
    async with surroundings(world) as yard, working(world):
        await yard.say(batch.opened, *batch.orders)
        await yard.hear(ExportCompleted, export_id=batch.export_id)
        again = batch.orders[0].model_copy(update={"delivery_id": "dlv_again", "sequence": 3})
        other = again.model_copy(update={"delivery_id": "dlv_other", "sequence": 4, "entry": stranger})
        await yard.say(again, other)
        assert (await yard.hear(EntryDeliveryChanged, delivery_id="dlv_again")).state == "confirmed"
        told = await yard.hear(EntryDeliveryChanged, delivery_id="dlv_other")
        assert told.state == "recalled"
        assert told.message is not None
        assert told.message.category == "export_recalled"
        assert set(told.message.ours) == {"fr", "en"}
