"""What has come since a page of the desk was opened, for its script; the page itself stays as it is.

Every open page asks each quarter of a minute. Mostly nothing has changed: that is answered from the shared memory, and
no session is looked up for it. Whoever does not know the stamp of the desk, which is a random number, learns nothing.
"""

from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, Response, g, jsonify, request

from open311.actions.staff_accounts import sign_in
from open311.http import current
from open311.http.urls import STAFF
from open311.model.access.actor import Right
from open311.model.staff.accounts import Stage
from open311.site.words import counted
from open311.staff import session_cookie
from open311.staff.blueprint import count, require_reachable, speak
from open311.staff.lists.home import MyDay, my_day_of
from open311.staff.rendering import NOT_KEPT

WORDS: Mapping[str, Callable[[int], str]] = {
    "check": lambda number: counted("desk.news.check", number),
    "mails": lambda number: counted("desk.news.mails", number),
    "accept": lambda number: counted("desk.news.accept", number),
    "mine": lambda number: counted("desk.news.mine", number),
}
blueprint = Blueprint("staff_news", __name__, url_prefix=STAFF)


@blueprint.route("/news")
def news() -> Response:
    """How much waits now, and in words how much more than the numbers in the query.

    401 where nobody is signed in; to ask does not keep a session alive, or no page left open would ever end one.
    """
    require_reachable()
    if request.if_none_match.contains(_tag(current.core().database.freshness.desk_stamp)):
        return _answer(Response(status=304))
    token = session_cookie.token()
    somebody = sign_in.find(current.core(), token, in_use=False) if token else None
    count(f"session {somebody.session.id}" if somebody else f"address {request.remote_addr}")
    if somebody is None or somebody.session.stage is not Stage.FULL:
        return _answer(Response(status=401))
    if Right.SEE_REPORTS not in somebody.staff.rights:
        return _answer(Response(status=403))
    speak(somebody)
    g.signed_in = somebody
    stamp, my_day = my_day_of(somebody)
    numbers = _numbers(my_day)
    more = {name: number - request.args.get(name, number, type=int) for name, number in numbers.items()}
    lines = [WORDS[name](number) for name, number in more.items() if number > 0]
    response = _answer(jsonify(numbers=numbers, news=lines))
    # What was counted a moment ago may lack the change that moved the stamp since: then it is asked for again.
    response.set_etag(_tag(stamp))
    return response


news.access = (Right.SEE_REPORTS,)  # type: ignore[attr-defined]


def _numbers(my_day: MyDay) -> dict[str, int]:
    queue = my_day.queue
    return {
        "check": queue.stages.get("check", 0) + queue.awaiting if queue else 0,
        "mails": my_day.mails,
        "accept": sum(unit.to_accept for unit in my_day.units),
        "mine": my_day.mine.open,
    }


def _tag(stamp: int) -> str:
    return f"{stamp:x}"


def _answer(response: Response) -> Response:
    response.headers["Cache-Control"] = NOT_KEPT
    return response


def install(app: Flask) -> None:
    app.register_blueprint(blueprint)
