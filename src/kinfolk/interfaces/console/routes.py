"""Every page."""

from __future__ import annotations

from litestar import Router

from kinfolk.interfaces.console import (
    company_account,
    components,
    consents,
    customers,
    events,
    home,
    invited,
    me,
    operations,
    project,
    quarantine,
    reviewing,
    signing_in,
)
from kinfolk.interfaces.web.forgery import refuse_elsewhere
from kinfolk.interfaces.web.forms import LARGEST

CONSOLE = Router(
    "/",
    route_handlers=[
        home.home,
        signing_in.sign_in_page,
        signing_in.sign_in,
        signing_in.sign_out,
        company_account.depart,
        company_account.arrive,
        invited.set_up_page,
        invited.set_up,
        invited.invitation_page,
        invited.invitation,
        me.me,
        me.change_password,
        me.sign_out_everywhere,
        components.components,
        customers.customers,
        customers.customer,
        reviewing.pair,
        reviewing.answer,
        reviewing.undo,
        quarantine.rows,
        quarantine.row,
        quarantine.correct,
        quarantine.replay,
        operations.runs,
        operations.start,
        operations.run,
        operations.sources,
        events.events,
        consents.consents,
        project.project,
        project.page,
    ],
    before_request=refuse_elsewhere,
    request_max_body_size=LARGEST,
)
