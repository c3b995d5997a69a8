"""The desk under test, and a mail server for those who need one."""

from tests.site.conftest import mailbox as mailbox
from tests.site.conftest import post as post
from tests.staff.desk import desk as desk
