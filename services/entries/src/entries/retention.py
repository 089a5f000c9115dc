"""What entries forgets. Its own history is kept: the law asks for ten years (docs/retention.md)."""

from qontable.retention import Retention

RETENTIONS = (
    Retention(
        "schedules",
        "an evening that is over; the last one of a file is kept, because it says what may leave",
        over="""
            state <> 'open' and exists (
                select from schedules later where later.file_id = schedules.file_id and later.state <> 'void'
                    and later.cut_off > schedules.cut_off
            )
        """,
        since="ended_at",
        days=400,
    ),
    Retention(
        "reference_parts",
        "parts of a difference that never became whole, and that a newer state has overtaken",
        over="""
            exists (
                select from reference_files held
                where held.file_id = reference_parts.file_id and held.version > reference_parts.version
            )
        """,
    ),
)
