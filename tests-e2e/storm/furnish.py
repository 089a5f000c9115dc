"""Makes roles, tables, topics and the first key, as a deployment does.

`python furnish.py KAFKA POSTGRES KEY_RING PARTITIONS`.
"""

import asyncio
import sys
from pathlib import Path

from local_stack.provisioning import provision_system
from local_stack.services import Surroundings

if __name__ == "__main__":
    kafka, postgres, keys, partitions = sys.argv[1:]
    surroundings = Surroundings(kafka, postgres, "", Path(keys), {})
    asyncio.run(provision_system(surroundings, partitions=int(partitions)))
