import json
import platform

from posecast import __version__
from posecast.transport.bench.machine import describe_machine


def test_a_machine_is_described_without_its_name():
    machine = describe_machine()

    assert machine["cores"] >= 1
    assert machine["python"] == platform.python_version()
    assert machine["versions"]["posecast"] == __version__
    assert "grpcio" in machine["versions"]
    assert platform.node() not in json.dumps(machine).split('"')
