"""Apache Kafka as a process: one node that is broker and controller (KRaft), on the Java that is there.

Its storage is formatted beside the final place and moved there whole, so a format that was cut off leaves nothing
that a later start could take for storage.
"""

import fcntl
import hashlib
import logging
import shutil
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from local_stack.part import Part, PartFailed
from local_stack.ports import HOST, is_free
from local_stack.settings import PROJECT
from local_stack.stack import Stack, write_whole
from qontable.topics import MAX_RECORD_BYTES

RECIPE = PROJECT / "deploy" / "local" / "kafka"
JARS = PROJECT / ".local" / "kafka" / "libs"
"""The broker's jars, shared by all stacks of a checkout."""
_STAMP = JARS.with_name("libs.stamp")
PROPERTIES = {
    "node.id": "1",
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "message.max.bytes": str(MAX_RECORD_BYTES),
    "replica.fetch.max.bytes": str(MAX_RECORD_BYTES),
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "offsets.topic.num.partitions": "8",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "log.index.size.max.bytes": str(1024 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
}
"""What differs from the broker's defaults: one replica of everything, few threads, no topic made by the way."""

BRIEF_LIFE = ("-XX:TieredStopAtLevel=1",)
"""A broker that lives for minutes never earns back what Java's second compiler takes: a third of its processor time."""


def fetch_jars() -> Path:
    """The folder of the broker's jars, copied by Maven the first time and again when the recipe changed.

    Several processes may ask at once. Raises `PartFailed` when Java or Maven is missing or Maven fails.
    """
    JARS.parent.mkdir(parents=True, exist_ok=True)
    with JARS.with_name("libs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars_are_there():
            _copy_jars()
            _STAMP.write_text(_recipe_hash())
    return JARS


def jars_are_there() -> bool:
    """Whether the jars of the present recipe are there, whole."""
    return JARS.is_dir() and _STAMP.exists() and _STAMP.read_text() == _recipe_hash()


def _recipe_hash() -> str:
    return hashlib.sha256((RECIPE / "pom.xml").read_bytes()).hexdigest()


def _copy_jars() -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise PartFailed("Maven is missing, and with it Kafka's jars: apt-get install maven")
    fresh = JARS.with_name("libs.new")
    shutil.rmtree(fresh, ignore_errors=True)
    command = [
        maven,
        "-q",
        "-B",
        "-f",
        str(RECIPE / "pom.xml"),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={fresh}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PartFailed(f"Maven could not fetch Kafka's jars:\n{(done.stdout + done.stderr)[-2000:]}")
    shutil.rmtree(JARS, ignore_errors=True)
    fresh.rename(JARS)


def prepare_kafka(stack: Stack, port: int, controller_port: int) -> Part:
    """Write the broker's properties, format its storage if it has none, and give the part to run."""
    java = shutil.which("java")
    if java is None:
        raise PartFailed("Java is missing, which runs Kafka: apt-get install openjdk-17-jre-headless")
    classpath = f"{fetch_jars()}/*"
    properties = stack.folder / "kafka.properties"
    if not stack.kafka_data.exists():
        _format_storage(stack, java, classpath, controller_port)
    write_whole(properties, _properties(stack.kafka_data, port, controller_port))
    return Part(
        name="kafka",
        command=(
            java,
            f"-Xmx{stack.kafka_heap}",
            "-Xms128m",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            *(BRIEF_LIFE if stack.throwaway else ()),
            *_class_archive(stack, java),
            f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.properties'}",
            "-cp",
            classpath,
            "kafka.Kafka",
            str(properties),
        ),
        port=port,
        log=stack.logs / "kafka.log",
        is_ready=lambda: broker_answers(f"{HOST}:{port}"),
        stop_seconds=30.0,
    )


def _class_archive(stack: Stack, java: str) -> tuple[str, ...]:
    """Options that let the broker map classes as an earlier run of this Java left them, which halves its start.

    The first run that is no throwaway writes them at its end. What was cut off while it was written has no valid head;
    Java then loads classes as usual.
    """
    archive = JARS.with_name(f"classes-{int(Path(java).stat().st_mtime)}.jsa")
    written = stack.folder / "classes.jsa"
    if written.exists():
        written.replace(archive)
    if archive.exists() and archive.stat().st_mtime > _STAMP.stat().st_mtime:
        return (f"-XX:SharedArchiveFile={archive}", "-Xlog:disable", "-Xlog:all=error")
    return () if stack.throwaway else (f"-XX:ArchiveClassesAtExit={written}", "-Xlog:disable", "-Xlog:all=error")


def cluster_id(folder: Path) -> str:
    """The id of a folder's cluster: 16 bytes in URL-safe base64, whose first character may be a dash."""
    return urlsafe_b64encode(hashlib.sha256(str(folder).encode()).digest()[:16]).decode().rstrip("=")


def _format_storage(stack: Stack, java: str, classpath: str, controller_port: int) -> None:
    fresh = stack.folder / "kafka.new"
    shutil.rmtree(fresh, ignore_errors=True)
    properties = stack.folder / "kafka.new.properties"
    write_whole(properties, _properties(fresh, 0, controller_port))
    logging_off = f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.properties'}"
    options = ["-Xmx128m", *BRIEF_LIFE, logging_off, "-cp", classpath]
    format_storage = [
        "kafka.tools.StorageTool",
        "format",
        f"--cluster-id={cluster_id(stack.folder)}",
        f"--config={properties}",
    ]
    done = subprocess.run([java, *options, *format_storage], capture_output=True, text=True, check=False)
    properties.unlink()
    if done.returncode != 0:
        raise PartFailed(f"Kafka's storage could not be formatted:\n{(done.stdout + done.stderr)[-2000:]}")
    fresh.rename(stack.kafka_data)


def _properties(data: Path, port: int, controller_port: int) -> str:
    listeners = {
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "log.dirs": str(data),
    }
    return "".join(f"{name}={value}\n" for name, value in (PROPERTIES | listeners).items())


async def broker_answers(bootstrap: str) -> bool:
    """Whether a broker at this address names a controller and itself as a member of the cluster."""
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    if host == HOST and is_free(int(port)):
        return False
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
        return bool(cluster["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
