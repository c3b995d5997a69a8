"""What the desk and the guard of mails need in large tables: indexes, and a case for each report that is there."""

from open311.storage.database import online

revision = "0006"
down_revision = "0005"

INDEXES = {
    "media_original_until": "public.media (original_until) where original_until is not null",
    "media_held": "public.media (service_request_id) where visibility = 'held'",
    "service_requests_words_internal": "public.service_requests using gin (words) where visibility <> 'published'",
    "service_requests_place_internal": """
        public.service_requests using gist (geom) where visibility in ('held', 'withheld')""",
    "service_requests_children": "public.service_requests (parent_id) where parent_id is not null",
    "service_requests_unseen": """
        public.service_requests (updated_datetime) where visibility in ('hidden', 'withheld')""",
    "submissions_with_answers": "public.submissions (service_request_id) where attributes - 'fixmystreet_id' <> '{}'",
    "reporters_email": "public.reporters (lower(email)) where email is not null",
    "reporters_phone": "public.reporters (right(regexp_replace(phone, '[^0-9]', '', 'g'), 8)) where phone is not null",
}
CASES = """
insert into public.cases (
    service_request_id, jurisdiction_id, service_code, stage, unit, received_datetime, touched_datetime, due_datetime
)
select
    id, jurisdiction_id, service_code,
    case when visibility = 'held' then 'check'
         when status = 'closed' or visibility = 'hidden' then 'done'
         else 'work' end,
    agency_responsible, requested_datetime, updated_datetime, expected_datetime
from public.service_requests
where id between :first and :last
on conflict do nothing
"""


def upgrade() -> None:
    """What was never written down about a report is not invented. Reports that come in meanwhile have their case."""
    online.validate("public.service_requests", "visibility_is_known")
    online.in_batches("Cases", "public.service_requests", CASES)
    for name, definition in INDEXES.items():
        online.create_index(name, definition)


def downgrade() -> None:
    """The indexes are gone; cases stay."""
    for name in INDEXES:
        online.drop_index(f"public.{name}")
