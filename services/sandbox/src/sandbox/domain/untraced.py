"""What the sandbox's applications leave out: FastAPI's own spans would hold links to documents, signatures included."""

from fastapi.telemetry import TelemetryConfig

UNTRACED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
