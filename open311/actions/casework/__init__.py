"""What staff do with a request: check, publish, withhold, hide, assign, move on, close, write, take back.

Each act is a function of its own here; what it does within a larger act is beside it. `work.py` is how all of them
lock, write and tell.
"""

from open311.actions.casework.catch_up import add_missing
from open311.actions.casework.content.photos import (
    destroy_originals,
    hide_photo,
    original_of,
    publish_photo,
)
from open311.actions.casework.content.place_and_service import recategorise, relocate
from open311.actions.casework.content.texts import edit
from open311.actions.casework.conversation.correspondence import answer, ask, find_question, reply
from open311.actions.casework.conversation.notes import add_note, change_note, read_mentions, remove_note
from open311.actions.casework.conversation.reopening import RatingPage, find_rating, keep_closed, rate, reopen
from open311.actions.casework.decisions import decide
from open311.actions.casework.duplicates_told import tell_duplicates
from open311.actions.casework.moving_on import move_on, set_status
from open311.actions.casework.opening import keep_up
from open311.actions.casework.outside.field_work import move_stop, plan_round, report_from_field
from open311.actions.casework.outside.order_answers import OrderPage, answer_order, find_order, photo_of_order
from open311.actions.casework.outside.orders import (
    answer_contractor,
    attend_orders,
    confirm_order,
    order,
    return_order,
    revoke_order,
    settle_order,
)
from open311.actions.casework.progress.duplicates import merge, separate
from open311.actions.casework.progress.planning import (
    defer,
    end_of_day,
    resume_due,
    set_deadline,
    set_priority,
)
from open311.actions.casework.progress.status_moves import (
    apply_remote_update,
    go_on_here,
    hand_on,
    note,
)
from open311.actions.casework.publication.acceptance import accept
from open311.actions.casework.publication.erasure import erase, erase_locked
from open311.actions.casework.publication.visibility import hide, publish, withhold
from open311.actions.casework.reading import RequestForStaff, held, show
from open311.actions.casework.responsibility.assignment import accept_work, assign, assign_person, decline
from open311.actions.casework.responsibility.routing import Rerouted, reroute
from open311.actions.casework.take_back import take_back

__all__ = [
    "OrderPage",
    "RatingPage",
    "RequestForStaff",
    "Rerouted",
    "accept",
    "accept_work",
    "add_missing",
    "add_note",
    "answer",
    "answer_contractor",
    "answer_order",
    "apply_remote_update",
    "ask",
    "assign",
    "assign_person",
    "attend_orders",
    "change_note",
    "confirm_order",
    "decide",
    "decline",
    "defer",
    "destroy_originals",
    "edit",
    "end_of_day",
    "erase",
    "erase_locked",
    "find_order",
    "find_question",
    "find_rating",
    "go_on_here",
    "hand_on",
    "held",
    "hide",
    "hide_photo",
    "keep_closed",
    "keep_up",
    "merge",
    "move_on",
    "move_stop",
    "note",
    "order",
    "original_of",
    "photo_of_order",
    "plan_round",
    "publish",
    "publish_photo",
    "rate",
    "read_mentions",
    "recategorise",
    "relocate",
    "remove_note",
    "reopen",
    "reply",
    "report_from_field",
    "reroute",
    "resume_due",
    "return_order",
    "revoke_order",
    "separate",
    "set_deadline",
    "set_priority",
    "set_status",
    "settle_order",
    "show",
    "take_back",
    "tell_duplicates",
    "withhold",
]
