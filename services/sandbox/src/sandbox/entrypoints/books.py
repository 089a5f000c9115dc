"""Puts the stand-in softwares, their control API and their late work into the sandbox's process."""

from qontable.service import Service
from sandbox.app.fault_box import FaultBox
from sandbox.app.late_bookings import LateBookings
from sandbox.entrypoints.control.application import control_application
from sandbox.software import myunisoft
from sandbox.software.myunisoft.application import Software

LATE_SECONDS = 0.2


def add_softwares(service: Service) -> None:
    """Serve `/myunisoft` and `/control`, and work off what is booked late."""
    faults = FaultBox()
    software = Software(service.database, faults)
    late = LateBookings(service.database, {myunisoft.CONNECTOR: software.work_off})
    service.add_app("/myunisoft", software.application())
    service.add_app("/control", control_application(service.database, faults))
    service.add_loop("late_bookings", late.step, idle_seconds=LATE_SECONDS)
