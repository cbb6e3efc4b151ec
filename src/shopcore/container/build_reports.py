"""The use cases of reports, built by a typed function."""

from shopcore.aftersales.use_cases.note_order import NoteOrder
from shopcore.container.cases import ReportCases
from shopcore.container.parts import stream_of
from shopcore.container.ports import Store, World
from shopcore.operations.use_cases.note_journey import NoteJourney
from shopcore.operations.use_cases.recount_funnel import RecountFunnel
from shopcore.reporting.use_cases.forget_journeys import ForgetJourneys
from shopcore.reporting.use_cases.note_cart import NoteCart
from shopcore.reporting.use_cases.show_funnel import ShowFunnel


def reports(store: Store, world: World) -> ReportCases:
    """What is noted, and what comes of it."""
    return ReportCases(
        funnel=ShowFunnel(journeys=store.journeys, carts=store.carts, clock=world.clock),
        recount=RecountFunnel(stream=stream_of(world), carts=store.carts, clock=world.clock),
        note_journey=NoteJourney(journeys=store.journeys),
        note_cart=NoteCart(journeys=store.journeys),
        note_order=NoteOrder(orders=store.orders, journeys=store.journeys),
        forget_journeys=ForgetJourneys(journeys=store.journeys, clock=world.clock),
    )
