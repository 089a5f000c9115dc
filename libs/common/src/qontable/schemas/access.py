"""Who may write and read which topic, as a page for whoever sets up access lists: made from `qontable.topics`."""

from qontable.topics import Topic, all_topics

HEAD = """# Who may do what on Kafka

Services share one broker, and nothing in the protocol keeps one from reading what is another's: access lists do. Where
they are missing, whoever reaches the broker reads labels and bank details, and can speak as any other. In production
every service has a user of its own, automatic creation of topics is off, and exactly this is allowed; the rest is
denied. (The services have no settings for TLS and users yet: until they have, the network has to keep others away.)
Sealed credentials travel in `connection.changed`, `connection.check_requested` and `connection.resealed`: they open for
gateways only, but who may write there may replace them.

| operation | on | for |
|---|---|---|
| Write, Describe, IdempotentWrite | the topics that it writes | each service, and the platform |
| Read, Describe | the topics that it reads | each service, and the platform |
| Read | groups that begin with `<prefix><service>.` | each service |
| Create, AlterConfigs, Describe | all topics | `qontable provision` only |

`qontable set-aside replay` writes on a topic that the service *reads*: give whoever runs it that right for as long as
it takes.

<!-- Below this line: `make schemas` writes it from `qontable/topics.py`. -->

| topic | writes | reads |
|---|---|---|
"""


def render() -> str:
    """The page."""
    return HEAD + "".join(_row(topic) for topic in all_topics(["<connector>"]))


def _row(topic: Topic) -> str:
    return f"| `{topic.name}` | {', '.join(topic.senders)} | {', '.join(topic.readers)} |\n"
