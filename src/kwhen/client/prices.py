"""Price signals, of one home and of many."""

from collections.abc import Iterator, Sequence

from kwhen.client.answers import HomeFailed, PriceEvent, PriceSignal
from kwhen.client.bodies import Moment, told
from kwhen.client.calls import Calls, operation
from kwhen.client.homes import HOMES, home_path
from kwhen.client.sent import Component, Extra


class Prices(Calls):
    """Price signals. Without a window they cover 24 hours from the current quarter hour."""

    @operation("getHomePriceSignal")
    def price_signal(
        self,
        home_id: str,
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        components: Sequence[Component] | None = None,
        include: Sequence[Extra] | None = None,
    ) -> PriceSignal:
        """What one more kWh costs, and an exported one earns, in every quarter hour. [USD/kWh]"""
        body = told(start_time=start, end_time=end, components=components, include=include)
        signal: PriceSignal = self._post(f"{home_path(home_id)}/price_signal", body)
        return signal

    @operation("getHomePriceSignalOpenAdr")
    def price_event(
        self,
        home_id: str,
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        components: Sequence[Component] | None = None,
    ) -> PriceEvent:
        """The same as an OpenADR 3 event."""
        body = told(start_time=start, end_time=end, components=components)
        event: PriceEvent = self._post(f"{home_path(home_id)}/price_signal/open_adr", body)
        return event

    @operation("readHomePriceSignalOpenAdr")
    def next_price_event(self, home_id: str) -> PriceEvent:
        """The event of the next 24 hours, by GET."""
        event: PriceEvent = self._get(f"{home_path(home_id)}/price_signal/open_adr").json()
        return event

    @operation("getHomePriceSignals")
    def price_signals(
        self,
        home_ids: Sequence[str],
        start: Moment | None = None,
        end: Moment | None = None,
        *,
        components: Sequence[Component] | None = None,
        include: Sequence[Extra] | None = None,
    ) -> Iterator[PriceSignal | HomeFailed]:
        """Signals of up to 1,000 homes in the order of their ids, each as it comes in."""
        body = told(
            home_ids=list(home_ids),
            start_time=start,
            end_time=end,
            components=components,
            include=include,
        )
        return self._lines(f"{HOMES}/price_signal/batch", json=body)
