"""The project's own PostgreSQL cluster: made once under the instance folder, started and stopped with the product.

Nothing here is needed when ``GRIDMAP_DATABASE_URL`` points at a server somebody else runs.
"""

from gridmap.cluster.binaries import ClusterError
from gridmap.cluster.server import Cluster, Started, Status

__all__ = ["Cluster", "ClusterError", "Started", "Status"]
