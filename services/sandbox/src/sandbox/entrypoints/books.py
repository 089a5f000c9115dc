"""Puts the stand-in softwares, their control API and their late work into the sandbox's process."""

from qontable.service import Service
from sandbox.app.fault_box import FaultBox
from sandbox.app.late_bookings import LateBookings, Punctual
from sandbox.entrypoints.control.application import control_application
from sandbox.software.registry import Busy, open_standins

LATE_SECONDS = 0.2


def add_softwares(service: Service) -> None:
    """Serve each software below its connector's name, and `/control`; work off what is booked late."""
    faults = FaultBox()
    standins = open_standins(service.database, faults)
    late = LateBookings(service.database, {connector: standin.work_off for connector, standin in standins.items()})
    for connector, standin in standins.items():
        catch_up = [late.catch_up]
        if isinstance(standin, Busy):
            catch_up.append(standin.catch_up)
            for name, step in standin.steps().items():
                service.add_loop(f"{connector}_{name}", step, idle_seconds=LATE_SECONDS)
        service.add_app(f"/{connector}", Punctual(standin.application(), *catch_up))
    service.add_app("/control", control_application(service.database, faults))
    service.add_loop("late_bookings", late.step, idle_seconds=LATE_SECONDS)
